-- uses: call
-- Keeps a factor that waits for its first code with the user whose it will be; a newer one takes its place.
--
-- KEYS  his record
-- ARGV  1 field  2 value
-- Returns  1 kept, 0 there is no such user
if call('HEXISTS', KEYS[1], 's') == 0 then return 0 end
call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
