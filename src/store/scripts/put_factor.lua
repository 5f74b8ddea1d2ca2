-- uses: call clock gcra settings user audit notice
-- Binds a factor that was proved, or renews one: what is stored of it, and with it the notice to its user.
--
-- KEYS  his record, the tenant's rules in his partition, due notices, the audit stream
-- ARGV  1 factor (bit)  2 asked by himself (0; 1: restriction and proof count; 2: proof alone)  3 age of proof ms
--       4 switch it on (0, 1)
--       5 sealed job of the notice  6 field of what was pending, "" for nothing  7 its value as it was read
--       8 audit (lib/audit.lua)  9.. fields of his record and their values
-- Returns  status (domain::ChangeStatus; 10 what was pending is gone), what is seen of him after, packed, version
local DONE, NO_TENANT, NO_USER, IS_RESTRICTED, NOT_ALLOWED, STALE, GONE = 0, 1, 2, 4, 7, 9, 10
local factor, by_himself = tonumber(ARGV[1]), ARGV[2] ~= '0'
local now = now_us()
local now_ms = floor(now / 1000)
local rules = read_rules(KEYS[2])
if not rules then return { NO_TENANT, 0, 0 } end
local user = read_user(KEYS[1], rules)
if not user then return { NO_USER, 0, 0 } end
if ARGV[2] == '1' and band(user.marks, RESTRICTED) ~= 0 then return { IS_RESTRICTED, 0, 0 } end
if band(user.allowed, rules.policy, factor) == 0 then return { NOT_ALLOWED, 0, 0 } end
if by_himself and lacks_proof(user, rules, now_ms, tonumber(ARGV[3])) then return { STALE, 0, 0 } end
if ARGV[6] ~= '' and call('HGET', KEYS[1], ARGV[6]) ~= ARGV[7] then return { GONE, 0, 0 } end

user.enrolled = bor(user.enrolled, factor)
if ARGV[4] == '1' then user.enabled = bor(user.enabled, factor) end
write_user(KEYS[1], user, unpack(ARGV, 9))
-- Bound anew, it has its whole budget here; a remembered device keeps its own.
call('HDEL', KEYS[1], 'F' .. ARGV[1], 'M' .. ARGV[1])
-- A new set of recovery codes also voids the one that was brought from elsewhere.
if factor == RECOVERY_CODE then call('HDEL', KEYS[1], 'H') end
if ARGV[6] ~= '' then call('HDEL', KEYS[1], ARGV[6]) end
audit(KEYS[4], ARGV[8], 'factor_added', factor)
if band(user.marks, ADDRESS) ~= 0 then owe_notice(KEYS[1], KEYS[3], ARGV[5], now) end
return { DONE, view(rules, user.allowed, user.enabled, user.enrolled, user.marks), user.version }
