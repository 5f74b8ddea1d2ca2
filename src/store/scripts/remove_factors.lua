-- uses: call clock settings
-- Unbinds factors, and with them the notice to their user.
--
-- KEYS  his record, the tenant's rules in his partition, due notices
-- ARGV  1 factors that are unbound (bits)  2 asked by himself (0, 1: restriction and proof count)  3 age of proof ms
--       4 factors that are switched off (bits)  5 forget his last authentication (0, 1)  6 sealed job of the notice
--       7 fails when none of them is bound (0, 1)  8.. fields of his record that go
-- Returns  status (domain::ChangeStatus; 5 none is bound), what is seen of him after, packed, version
local DONE, NO_TENANT, NO_USER, IS_RESTRICTED, NONE_BOUND, STALE = 0, 1, 2, 4, 5, 9
local factors, by_himself = tonumber(ARGV[1]), ARGV[2] == '1'
local now_ms = floor(now_us() / 1000)
local rules = read_rules(KEYS[2])
if not rules then return { NO_TENANT, 0, 0 } end
local user = call('HMGET', KEYS[1], 's', 'n', 'v', 't')
if not user[1] then return { NO_USER, 0, 0 } end
local allowed, enabled, enrolled, marks = unpack_settings(user[1])
local seen
allowed, enabled, marks, seen = fold(rules, allowed, enabled, marks, tonumber(user[2] or 0))
allowed, enabled = overlay(rules, allowed, enabled, marks)
local last_auth = tonumber(user[4] or 0)

local bound = usable(rules, enrolled, marks)
if ARGV[7] == '1' and band(bound, factors) == 0 then return { NONE_BOUND, 0, 0 } end
if by_himself and band(marks, RESTRICTED) ~= 0 then return { IS_RESTRICTED, 0, 0 } end
local active = band(enabled, allowed, rules.policy, bound) ~= 0
if by_himself and active and (last_auth == 0 or now_ms - last_auth > tonumber(ARGV[3])) then return { STALE, 0, 0 } end

enrolled = band(enrolled, bnot(factors))
enabled = band(enabled, bnot(tonumber(ARGV[4])))
marks = bor(marks, OWN)
local version = tonumber(user[3] or 0) + 1
call('HSET', KEYS[1], 's', pack_settings(allowed, enabled, enrolled, marks), 'n', seen, 'v', version)
call('HDEL', KEYS[1], unpack(ARGV, 8))
if ARGV[5] == '1' then call('HDEL', KEYS[1], 't') end
if band(marks, ADDRESS) ~= 0 then call('ZADD', KEYS[3], now_ms, ARGV[6]) end
return { DONE, view(rules, allowed, enabled, enrolled, marks), version }
