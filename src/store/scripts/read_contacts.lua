-- uses: call
-- How to reach several users.
--
-- KEYS  their records
-- Returns  for each: settings, sealed address, digest of the address, locale, id of the current link (with a plus before it when it was used)
local contacts = {}
for i, key in ipairs(KEYS) do contacts[i] = call('HMGET', key, 's', 'e', 'h', 'l', 'g') end
return contacts
