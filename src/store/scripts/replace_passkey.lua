-- uses: call settings
-- Writes a passkey in place of what was read of it. An attempt in flight would write back what it has read: it ends.
--
-- KEYS  his record
-- ARGV  1 field  2 its value as it was read  3 its new value
-- Returns  1 written, 0 it holds something else by now
if call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
call('HSET', KEYS[1], ARGV[1], ARGV[3])
call('HDEL', KEYS[1], 'M' .. PASSKEY)
return 1
