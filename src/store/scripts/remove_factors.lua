-- uses: call clock gcra settings user audit notice
-- Unbinds factors, and with them the notice to their user. A reset takes his remembered devices, too.
--
-- KEYS  his record, the tenant's rules in his partition, due notices, his remembered devices, the audit stream
-- ARGV  1 factors that are unbound (bits)  2 asked by himself (0, 1: restriction and proof count)  3 age of proof ms
--       4 factors that are switched off (bits)  5 it is a reset (0; 1: forget his last authentication, too; 2: by himself,
--       it is now)  6 sealed job of the notice  7 fails when none of them is bound (0, 1)  8 audit (lib/audit.lua)
--       9 field that has to begin with what follows, "" for nothing  10 that  11 how many fields follow of which each keeps
--       the factors bound  12.. these, then fields of his record that go
-- Returns  status (domain::ChangeStatus; 5 none is bound), what is seen of him after, packed, version
local DONE, NO_TENANT, NO_USER, IS_RESTRICTED, NONE_BOUND, STALE = 0, 1, 2, 4, 5, 9
local factors, by_himself = tonumber(ARGV[1]), ARGV[2] == '1'
local now = now_us()
local now_ms = floor(now / 1000)
local rules = read_rules(KEYS[2])
if not rules then return { NO_TENANT, 0, 0 } end
local user = read_user(KEYS[1], rules)
if not user then return { NO_USER, 0, 0 } end
if ARGV[7] == '1' and band(user.bound, factors) == 0 then return { NONE_BOUND, 0, 0 } end
if ARGV[9] ~= '' and string.sub(call('HGET', KEYS[1], ARGV[9]) or '', 1, #ARGV[10]) ~= ARGV[10] then
  return { NONE_BOUND, 0, 0 }
end
if by_himself and band(user.marks, RESTRICTED) ~= 0 then return { IS_RESTRICTED, 0, 0 } end
if by_himself and lacks_proof(user, rules, now_ms, tonumber(ARGV[3])) then return { STALE, 0, 0 } end

local last, first_gone = true, 12 + ARGV[11]
for i = 12, first_gone - 1 do last = last and call('HEXISTS', KEYS[1], ARGV[i]) == 0 end
if last then
  user.enrolled = band(user.enrolled, bnot(factors))
  user.enabled = band(user.enabled, bnot(tonumber(ARGV[4])))
end
write_user(KEYS[1], user)
call('HDEL', KEYS[1], unpack(ARGV, first_gone))
if ARGV[5] ~= '0' then
  call('HDEL', KEYS[1], 't', 'q') -- a proof by what is lost proves nothing any more
  if ARGV[5] == '2' then call('HSET', KEYS[1], 't', now_ms) end
  call('DEL', KEYS[4])
  audit(KEYS[5], ARGV[8], 'factors_reset')
else
  for _, factor in ipairs({ EMAIL, TOTP, PASSKEY, RECOVERY_CODE }) do
    if band(factors, factor) ~= 0 then audit(KEYS[5], ARGV[8], 'factor_removed', factor) end
  end
end
if band(user.marks, ADDRESS) ~= 0 then owe_notice(KEYS[1], KEYS[3], ARGV[6], now) end
return { DONE, view(rules, user.allowed, user.enabled, user.enrolled, user.marks), user.version }
