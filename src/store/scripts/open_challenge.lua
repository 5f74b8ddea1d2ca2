-- uses: call clock settings budget challenge
-- Opens a challenge for a user, if anything is to be asked of him. Nothing is written otherwise.
--
-- KEYS  his record, the tenant's rules in his partition, the challenge
-- ARGV  1 tenant  2 user  3 life ms  4 factors wanted (bits, 0 any)  5 factors that are not strong enough (bits)
--       6 to recover lost factors (0, 1): by a code to his address or a recovery code, whatever sign-in asks for
-- Returns  outcome (0 opened, 1 no such tenant, 2 no such user, 3 nothing is asked, 4 nothing that is asked is bound,
--          5 all that is bound is disabled, 6 what is wanted is not usable), factors, end ms
local OPENED, NO_TENANT, NO_USER, NOTHING_ASKED, UNBOUND, ALL_DISABLED, NOT_USABLE = 0, 1, 2, 3, 4, 5, 6
local now_ms = floor(now_us() / 1000)
local rules = read_rules(KEYS[2])
if not rules then return { NO_TENANT, 0, 0 } end
local user = call('HMGET', KEYS[1], 's', 'n', 'F1', 'F2', 'F4', 'F8')
if not user[1] then return { NO_USER, 0, 0 } end
local allowed, enabled, enrolled, marks = unpack_settings(user[1])
allowed, enabled, marks = fold(rules, allowed, enabled, marks, tonumber(user[2] or 0))
allowed, enabled = overlay(rules, allowed, enabled, marks)
local recovers = ARGV[6] == '1'
if not recovers and band(enabled, allowed, rules.policy) == 0 then return { NOTHING_ASKED, 0, 0 } end

local bound
if recovers then
  bound = band(usable(rules, enrolled, marks), bor(band(EMAIL, allowed, rules.policy), RECOVERY_CODE))
else
  bound = band(usable_at_sign_in(rules, allowed, enabled, enrolled, marks), bnot(tonumber(ARGV[5])))
end
if bound == 0 then return { UNBOUND, 0, 0 } end
local factors = bound
for i, factor in ipairs({ EMAIL, TOTP, PASSKEY, RECOVERY_CODE }) do
  if failures_of(user[i + 2]) >= BUDGET then factors = band(factors, bnot(factor)) end
end
if factors == 0 then return { ALL_DISABLED, 0, 0 } end
local wanted = tonumber(ARGV[4])
if wanted ~= 0 then factors = band(factors, wanted) end
if factors == 0 then return { NOT_USABLE, 0, 0 } end

local ends = now_ms + ARGV[3]
call('HSET', KEYS[3], 't', ARGV[1], 'u', ARGV[2], 'x', ends, 'f', factors)
if recovers then call('HSET', KEYS[3], 'r', 1) end
call('PEXPIRE', KEYS[3], ARGV[3] + CHALLENGE_KEPT_MS)
return { OPENED, factors, ends }
