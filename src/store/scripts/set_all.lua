-- uses: call settings idempotency
-- Allows email to every user of a tenant, or disallows him all factors: one number a partition, whatever the number of
-- users. Each user's record takes it in when it is next read or written (fold).
--
-- KEYS  the tenant's sequence, his rules in each partition; last, with an idempotency key: its record
-- ARGV  1 partitions  2 allow (1) or disallow (0)   then, with an idempotency key: fingerprint, lifetime ms, mask of
--       storable statuses
-- Returns  packed <B 0 done, 1 no such tenant, 7 the tenant's policy does not have email; or a replay
local DONE, NO_TENANT, NOT_ALLOWED = 0, 1, 7
local partitions, allow = tonumber(ARGV[1]), ARGV[2] == '1'
local key = KEYS[partitions + 2]
if key then
  local answer = replay(key, ARGV[3])
  if answer then return answer end
end

local rules = read_rules(KEYS[2])
local status = DONE
if not rules then
  status = NO_TENANT
elseif allow and band(rules.policy, EMAIL) == 0 then
  status = NOT_ALLOWED
else
  local number = call('INCR', KEYS[1])
  for i = 2, partitions + 1 do call('HSET', KEYS[i], allow and 'a' or 'z', number) end
end
local outcome = struct.pack('<B', status)
if key and band(tonumber(ARGV[5]), lshift(1, status)) ~= 0 then remember(key, ARGV[3], ARGV[4], outcome, '') end
return outcome
