-- uses: call clock settings budget challenge
-- Begins an attempt with a factor whose secret lies sealed, so that the server has to compare: looks at challenge, wait
-- and budget, marks the one attempt in flight of this user with this factor, and hands out what the comparison needs. A
-- mark that ran out, since its server died or was slow on purpose, counts as a failure.
--
-- KEYS  his record, the tenant's rules in his partition, the challenge
-- ARGV  1 factor (bit)  2 wrong tries that end the challenge  3 id of the attempt  4 life of its mark ms
--       5.. fields of his record that are handed out
-- Returns  state of the challenge (lib/challenge.lua; 0 begun), now ms, tries left, wait ms, then the fields
local factor, tries = tonumber(ARGV[1]), tonumber(ARGV[2])
local now_ms = floor(now_us() / 1000)
local rules = read_rules(KEYS[2])
local user = call('HMGET', KEYS[1], 's', 'F' .. ARGV[1], 'M' .. ARGV[1])
local state, wrong, factors = challenge_state(KEYS[3], now_ms, tries)
if not rules or not user[1] then state = CH_UNKNOWN end
if state ~= CH_OPEN then return { state, now_ms, 0, 0 } end
local _, _, enrolled, marks = unpack_settings(user[1])
if band(factors, usable(rules, enrolled, marks), factor) == 0 then return { CH_NOT_OFFERED, now_ms, 0, 0 } end

local failures, last = failures_of(user[2])
if user[3] then
  local mark_ends = struct.unpack('<d', user[3])
  if now_ms < mark_ends then return { CH_BUSY, now_ms, 0, mark_ends - now_ms } end
  count_failure(KEYS[1], ARGV[1], failures, mark_ends)
  call('HDEL', KEYS[1], 'M' .. ARGV[1])
  failures, last = failures + 1, mark_ends
end
local wait = wait_of(failures, last, now_ms)
if wait < 0 then return { CH_DISABLED, now_ms, 0, 0 } end
if wait > 0 then return { CH_WAITING, now_ms, 0, wait } end

call('HSET', KEYS[1], 'M' .. ARGV[1], struct.pack('<d', now_ms + ARGV[4]) .. ARGV[3])
local answer = { CH_OPEN, now_ms, tries - wrong, 0 }
for i, value in ipairs(call('HMGET', KEYS[1], unpack(ARGV, 5))) do answer[4 + i] = value end
return answer
