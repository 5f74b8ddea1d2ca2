-- uses: call clock settings budget challenge
-- Ends an attempt that begin_attempt.lua began, as its server found: right, wrong, or neither (a spent step).
--
-- KEYS  his record, the challenge, due notices
-- ARGV  1 factor (bit)  2 wrong tries that end the challenge  3 id of the attempt  4 what was found (0 wrong, 1 right,
--       2 spent, 3 no verdict)  5 sealed job of the notice that is owed when it was right, "" for none
--       6.. fields of his record and their values, written when it was right
-- Returns  state of the challenge (lib/challenge.lua; 0 passed), now ms, tries left, wait ms
local WRONG, RIGHT = '0', '1'
local tries = tonumber(ARGV[2])
local now_ms = floor(now_us() / 1000)
local mark_field, failures_field = 'M' .. ARGV[1], 'F' .. ARGV[1]
local user = call('HMGET', KEYS[1], mark_field, failures_field, 's')
local state, wrong = challenge_state(KEYS[2], now_ms, tries)
-- The mark ran out: the attempt has been counted, or will be.
if not user[1] or string.sub(user[1], 9) ~= ARGV[3] then return { CH_BUSY, now_ms, 0, 0 } end
if now_ms >= struct.unpack('<d', user[1]) then return { CH_BUSY, now_ms, 0, 0 } end

call('HDEL', KEYS[1], mark_field)
local failures = failures_of(user[2])
if ARGV[4] == WRONG then
  count_failure(KEYS[1], ARGV[1], failures, now_ms)
  if state ~= CH_OPEN then return { state, now_ms, 0, 0 } end
  call('HINCRBY', KEYS[2], 'w', 1)
  return { CH_WRONG, now_ms, tries - wrong - 1, math.max(0, wait_of(failures + 1, now_ms, now_ms)) }
end
if state ~= CH_OPEN then return { state, now_ms, 0, 0 } end -- passed by another factor meanwhile
if ARGV[4] ~= RIGHT then return { CH_SPENT, now_ms, tries - wrong, 0 } end
call('HSET', KEYS[1], 't', now_ms, unpack(ARGV, 6))
if failures > 0 then call('HDEL', KEYS[1], failures_field) end
call('HSET', KEYS[2], 'd', now_ms)
local _, _, _, marks = unpack_settings(user[3])
if ARGV[5] ~= '' and band(marks, ADDRESS) ~= 0 then call('ZADD', KEYS[3], now_ms, ARGV[5]) end
return { CH_OPEN, now_ms, tries - wrong, 0 }
