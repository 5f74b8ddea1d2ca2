-- uses: call
-- Takes a passkey's look-up away, if it leads to this user.
--
-- KEYS  the look-up
-- ARGV  1 user, packed
-- Returns  1 taken away, 0 it is not his
local found = call('GET', KEYS[1])
if not found or string.sub(found, 9) ~= ARGV[1] then return 0 end
return call('DEL', KEYS[1])
