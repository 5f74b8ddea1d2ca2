-- uses: call settings idempotency audit
-- Removes a user with all that lies beside his record. Mail that is owed to him finds nobody and is dropped.
--
-- KEYS  his record, his credentials, his current link, his remembered devices, the audit stream; with an idempotency
--       key: its record
-- ARGV  1 id of that link, "" for none  2 audit (lib/audit.lua)   then, with an idempotency key: fingerprint, lifetime ms,
--       mask of storable statuses
-- Returns  packed <B 0 done, 2 no such user, then the digests of his credentials, 64 characters each; or a replay
--          without them
local DONE, NO_USER = 0, 2
local idempotency_key = KEYS[6]
if idempotency_key then
  local answer = replay(idempotency_key, ARGV[3])
  if answer then return answer end
end

local status, credentials = NO_USER, {}
local user = call('HMGET', KEYS[1], 's', 'g')
if user[1] then
  status = DONE
  credentials = call('ZRANGE', KEYS[2], 0, -1)
  call('DEL', KEYS[1], KEYS[2], KEYS[4])
  audit(KEYS[5], ARGV[2], 'user_deleted')
  -- A link made since is void without its user.
  if user[2] and user[2] == ARGV[1] then call('DEL', KEYS[3]) end
end
local outcome = struct.pack('<B', status)
if idempotency_key and band(tonumber(ARGV[5]), lshift(1, status)) ~= 0 then
  remember(idempotency_key, ARGV[3], ARGV[4], outcome, '')
end
return outcome .. table.concat(credentials)
