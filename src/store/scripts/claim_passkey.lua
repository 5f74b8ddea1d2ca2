-- uses: call clock
-- Claims a passkey for a user: a credential id is registered once. The claim comes before his record, so readers check
-- the hit, and one that turned out void may be taken over.
--
-- KEYS  the look-up
-- ARGV  1 user, packed  2 the whole of a claim that was found void, "" for none
-- Returns  "" claimed, or the claim of another: d its time ms, then the user
local found = call('GET', KEYS[1])
if found and string.sub(found, 9) ~= ARGV[1] and found ~= ARGV[2] then return found end
call('SET', KEYS[1], struct.pack('<d', floor(now_us() / 1000)) .. ARGV[1])
return ''
