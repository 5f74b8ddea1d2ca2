-- uses: call
-- Takes a user from those who can be found by an address.
--
-- KEYS  bucket of look-ups
-- ARGV  1 digest of the address  2 user id
-- Returns  1 taken, 0 he was not there
local known = call('HGET', KEYS[1], ARGV[1])
if not known then return 0 end
local others, found = {}, 0
for user in string.gmatch(known, '[^ ]+') do
  if user == ARGV[2] then found = 1 else others[#others + 1] = user end
end
if #others == 0 then
  call('HDEL', KEYS[1], ARGV[1])
elseif found == 1 then
  call('HSET', KEYS[1], ARGV[1], table.concat(others, ' '))
end
return found
