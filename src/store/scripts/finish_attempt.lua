-- uses: call clock settings user budget fence audit challenge device attempt
-- Ends an attempt that begin_attempt.lua began, as its server found: right, wrong, or neither.
--
-- KEYS  those of an attempt (lib/attempt.lua)
-- ARGV  1 factor (bit)  2 wrong tries that end the challenge  3 id of the attempt  4 what was found (0 wrong, 1 right,
--       2 spent, 3 no verdict)  5 notices of a spent budget (lib/attempt.lua)  6 audit (lib/audit.lua)  7 sealed job of
--       the notice of a used recovery code  8.. fields of his record and their values, written when it was right
-- Returns  state of the challenge (lib/challenge.lua; 0 passed), now ms, tries left, wait ms
local FIRST_VALUE = 8
local WRONG, RIGHT = '0', '1'
local factor, tries = tonumber(ARGV[1]), tonumber(ARGV[2])
local now_ms = floor(now_us() / 1000)
local user = call('HMGET', KEYS[1], 's', 'v')
local state, wrong, _, device, address, recovers =
  challenge_state(KEYS[3], now_ms, tries, fence_of(KEYS[5]))
local place = place_of_attempt(device, now_ms)
local mark_field = mark_of(ARGV[1])
local mark = call('HGET', KEYS[1], mark_field)

local function conclude(outcome, left, wait)
  -- A passkey is never spent; what its server could not read is.
  local name = outcome == CH_SPENT and factor == PASSKEY and 'malformed' or OUTCOMES[outcome]
  audit(KEYS[6], ARGV[6], 'verification', factor, name, address)
  return { outcome, now_ms, left or 0, wait or 0 }
end
-- The mark ran out: the attempt has been counted, or will be.
if not user[1] or not mark or string.sub(mark, 9, 16) ~= ARGV[3] then return { CH_BUSY, now_ms, 0, 0 } end
if now_ms >= struct.unpack('<d', mark) then return { CH_BUSY, now_ms, 0, 0 } end
call('HDEL', KEYS[1], mark_field)
-- What was compared may not be his factor any more.
if string.sub(mark, 17) ~= tostring(tonumber(user[2] or 0)) then return { CH_BUSY, now_ms, 0, 0 } end

local failures = failures_at(place, ARGV[1])
local _, _, _, marks = unpack_settings(user[1])
if ARGV[4] == WRONG then
  local told
  if state == CH_OPEN then
    call('HINCRBY', KEYS[3], 'w', 1)
    told = conclude(CH_WRONG, tries - wrong - 1, math.max(0, wait_of(failures + 1, now_ms, now_ms)))
  else
    told = conclude(state)
  end
  count_failure(place, ARGV[1], failures, now_ms, marks, ARGV[6], ARGV[5], address)
  return told
end
if state ~= CH_OPEN then return conclude(state) end -- passed by another factor meanwhile
if ARGV[4] ~= RIGHT then return conclude(CH_SPENT, tries - wrong) end
-- Half of a recovery is no second factor passed.
if not recovers then call('HSET', KEYS[1], 't', now_ms, 'q', now_ms) end
if ARGV[FIRST_VALUE] then call('HSET', KEYS[1], unpack(ARGV, FIRST_VALUE)) end
if failures > 0 then forget_failures(place, ARGV[1]) end
call('HSET', KEYS[3], 'd', now_ms)
if factor == RECOVERY_CODE then
  audit(KEYS[6], ARGV[6], 'recovery_code_used', factor, '', address)
  if band(marks, ADDRESS) ~= 0 then call('ZADD', KEYS[7], now_ms, ARGV[7]) end
end
return conclude(CH_OPEN, tries - wrong)
