-- uses: call clock
-- Counts a sign-in attempt before its password is checked: at most so many failures in any stretch of the period.
-- Success clears the record.
--
-- KEYS  attempts of this login
-- ARGV  1 limit  2 period ms  3 unique name of this attempt
-- Returns  allowed (0, 1), retry ms
local now_ms = floor(now_us() / 1000)
local period = tonumber(ARGV[2])
call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now_ms - period)
if call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then
  local oldest = call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  return { 0, tonumber(oldest[2]) + period - now_ms }
end
call('ZADD', KEYS[1], now_ms, ARGV[3])
call('PEXPIRE', KEYS[1], period)
return { 1, 0 }
