-- uses: call
-- Adds a user to those who can be found by an address. An entry may outlive the address: readers compare.
--
-- KEYS  bucket of look-ups
-- ARGV  1 digest of the address  2 user id
-- Returns  1 added, 0 it was there
local known = call('HGET', KEYS[1], ARGV[1])
if not known then return call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
if string.find(' ' .. known .. ' ', ' ' .. ARGV[2] .. ' ', 1, true) then return 0 end
call('HSET', KEYS[1], ARGV[1], known .. ' ' .. ARGV[2])
return 1
