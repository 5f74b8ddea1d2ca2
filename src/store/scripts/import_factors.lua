-- uses: call settings
-- Takes over factors that were bound elsewhere, unless what was read of the user is something else by now. Neither
-- settings nor policy count: what comes of them at sign-in is decided there. Nobody is told.
--
-- KEYS  his record, the tenant's rules in his partition
-- ARGV  1 factors that are bound afterwards (bits)  2.. three each: a field of his record, its value as it was read (""
--       for none), the value that it gets ("" for none)
-- Returns  0 done, 1 no such tenant, 2 no such user, 11 something else by now
local DONE, NO_TENANT, NO_USER, OUTDATED = 0, 1, 2, 11
if call('EXISTS', KEYS[2]) == 0 then return NO_TENANT end
local settings = call('HGET', KEYS[1], 's')
if not settings then return NO_USER end
for i = 2, #ARGV, 3 do
  if (call('HGET', KEYS[1], ARGV[i]) or '') ~= ARGV[i + 1] then return OUTDATED end
end

local allowed, enabled, enrolled, marks = unpack_settings(settings)
local fresh = band(tonumber(ARGV[1]), bnot(enrolled))
for _, factor in ipairs({ EMAIL, TOTP, PASSKEY, RECOVERY_CODE }) do
  if band(fresh, factor) ~= 0 then call('HDEL', KEYS[1], 'F' .. factor, 'M' .. factor) end
end
for i = 2, #ARGV, 3 do
  if ARGV[i + 2] == '' then call('HDEL', KEYS[1], ARGV[i])
  elseif ARGV[i + 2] ~= ARGV[i + 1] then
    call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
    -- An attempt in flight would write back what it read.
    if ARGV[i] == 'H' then call('HDEL', KEYS[1], 'M' .. RECOVERY_CODE) end
    if string.sub(ARGV[i], 1, 1) == 'P' then call('HDEL', KEYS[1], 'M' .. PASSKEY) end
  end
end
if fresh ~= 0 then
  call('HSET', KEYS[1], 's', pack_settings(allowed, enabled, bor(enrolled, fresh), marks))
end
return DONE
