-- uses: call clock settings user budget fence audit challenge device attempt
-- Begins an attempt whose comparison costs the server something: looks at challenge, wait and budget, marks the one
-- attempt in flight of this user with this factor, and hands out what the comparison needs. A mark that ran out, since
-- its server died or was slow on purpose, counts as a failure.
--
-- KEYS  those of an attempt (lib/attempt.lua)
-- ARGV  1 factor (bit)  2 wrong tries that end the challenge  3 id of the attempt  4 life of its mark ms
--       5 notices of a spent budget (lib/attempt.lua)  6 audit (lib/audit.lua)  7.. fields of his record that are handed
--       out
-- Returns  state of the challenge (lib/challenge.lua; 0 begun), now ms, tries left, wait ms, the fence ms, then the
--          fields
local FIRST_FIELD = 7
local factor, tries = tonumber(ARGV[1]), tonumber(ARGV[2])
local now_ms = floor(now_us() / 1000)
local rules = read_rules(KEYS[2])
local user = rules and read_user(KEYS[1], rules)
local fence = fence_of(KEYS[5])
local state, wrong, factors, device, address, recovers = challenge_state(KEYS[3], now_ms, tries, fence)
if not user then state = CH_UNKNOWN end

local function refuse(outcome, wait)
  if outcome ~= CH_UNKNOWN then audit(KEYS[6], ARGV[6], 'verification', factor, OUTCOMES[outcome], address) end
  return { outcome, now_ms, 0, wait or 0, fence }
end
if state ~= CH_OPEN then return refuse(state) end
-- It may have been removed or forbidden since the challenge was opened.
local now_usable = usable_now(rules, user, recovers)
if band(factors, now_usable, factor) == 0 then return refuse(CH_NOT_OFFERED) end

local place = place_of_attempt(device, now_ms)
local mark_field = mark_of(ARGV[1])
local failures, last = failures_at(place, ARGV[1])
local mark = call('HGET', KEYS[1], mark_field)
if mark then
  local mark_ends = struct.unpack('<d', mark)
  if now_ms < mark_ends then return refuse(CH_BUSY, mark_ends - now_ms) end
  call('HDEL', KEYS[1], mark_field)
  audit(KEYS[6], ARGV[6], 'verification', factor, 'abandoned', address)
  count_failure(place, ARGV[1], failures, mark_ends, user.marks, ARGV[6], ARGV[5], address)
  failures, last = failures + 1, mark_ends
end
local wait = wait_of(failures, last, now_ms)
if wait < 0 then return refuse(CH_DISABLED) end
if wait > 0 then return refuse(CH_WAITING, wait) end

call('HSET', KEYS[1], mark_field, struct.pack('<d', now_ms + ARGV[4]) .. ARGV[3] .. user.version)
local answer = { CH_OPEN, now_ms, tries - wrong, 0, fence }
for i, value in ipairs(call('HMGET', KEYS[1], unpack(ARGV, FIRST_FIELD))) do answer[5 + i] = value end
return answer
