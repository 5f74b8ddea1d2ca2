-- uses: call settings idempotency
-- Writes what holds for a whole tenant (definition, policy, default): one small record a partition, under the next
-- number of the tenant's sequence.
--
-- KEYS  the tenant's record, his sequence, his rules in each partition; last, with an idempotency key: its record
-- ARGV  1 partitions  2 create (0, 1)  3 policy: bits replaced  4 policy: by what  5 default, -1 as it is
--       6 factors that the policy must have  7 options, -1 as they are  8 the document that is replaced, "" any
--       9 fields f; then f times field, value of the tenant's record ("" removes it); with an idempotency key:
--       fingerprint, lifetime ms, mask of storable statuses
-- Returns  packed <B 0 done, 1 no such tenant, 7 a factor that the policy does not have, 255 the document is another
--          by now; or a replay
local DONE, NO_TENANT, NOT_ALLOWED, OUTDATED = 0, 1, 7, 255
local partitions, fields = tonumber(ARGV[1]), tonumber(ARGV[9])
local key, idempotency = KEYS[partitions + 3], 10 + 2 * fields
if key then
  local answer = replay(key, ARGV[idempotency])
  if answer then return answer end
end

local function write()
  local rules = read_rules(KEYS[3])
  local fresh = not rules
  if fresh and ARGV[2] ~= '1' then return NO_TENANT end
  if ARGV[8] ~= '' and ARGV[8] ~= call('HGET', KEYS[1], 'doc') then return OUTDATED end
  rules = rules or { policy = 0, default = DEFAULT_NONE, options = 0 }
  local policy = bor(band(rules.policy, bnot(tonumber(ARGV[3]))), tonumber(ARGV[4]))
  local must, default, options = tonumber(ARGV[6]), tonumber(ARGV[5]), tonumber(ARGV[7])
  if band(must, policy) ~= must then return NOT_ALLOWED end
  if default < 0 then default = rules.default end
  if options < 0 then options = rules.options end

  local number = call('INCR', KEYS[2])
  for i = 3, partitions + 2 do
    call('HSET', KEYS[i], 'p', policy, 'd', default, 'o', options, 'w', number)
    if fresh then call('HSET', KEYS[i], 'a', 0, 'z', 0) end
  end
  for i = 10, 8 + 2 * fields, 2 do
    if ARGV[i + 1] == '' then call('HDEL', KEYS[1], ARGV[i]) else call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
  end
  return DONE
end

local status = write()
local outcome = struct.pack('<B', status)
if key and status ~= OUTDATED and band(tonumber(ARGV[idempotency + 2]), lshift(1, status)) ~= 0 then
  remember(key, ARGV[idempotency], ARGV[idempotency + 1], outcome, '')
end
return outcome
