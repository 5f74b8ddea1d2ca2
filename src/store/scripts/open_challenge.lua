-- uses: call clock settings user budget audit challenge device
-- Opens a challenge for a user, if anything is to be asked of him. Otherwise nothing is written, but that a stolen device
-- is forgotten.
--
-- KEYS  those of an attempt (lib/attempt.lua)
-- ARGV  1 tenant  2 user  3 life ms  4 factors wanted (bits, 0 any)  5 factors that are not strong enough (bits)
--       6 address that the host saw, or ""  7 device, "" for none  8 generation of its token  9 sealed job of the notice
--       of a stolen device  10 audit (lib/audit.lua)  11 to recover lost factors (0, 1): by a code to his address or a
--       recovery code, whatever sign-in asks for  12.. fields of his record that are handed out when a passkey may pass it
-- Returns  outcome (0 opened, 1 no such tenant, 2 no such user, 3 nothing is asked, 4 nothing that is asked is bound,
--          5 all that is bound is disabled, 6 what is wanted is not usable), factors, end ms, the device (lib/device.lua:
--          0 unknown, 1 known, 2 stolen), generation of its next token, then the fields
local OPENED, NO_TENANT, NO_USER, NOTHING_ASKED, UNBOUND, ALL_DISABLED, NOT_USABLE = 0, 1, 2, 3, 4, 5, 6
local now_ms = floor(now_us() / 1000)
local rules = read_rules(KEYS[2])
if not rules then return { NO_TENANT, 0, 0, 0, 0 } end
local user = read_user(KEYS[1], rules)
if not user then return { NO_USER, 0, 0, 0, 0 } end

local found, device = look_at_device(KEYS[4], ARGV[7], tonumber(ARGV[8]), now_ms)
if found == DEVICE_STOLEN then
  forget_device(KEYS[4], ARGV[7])
  audit(KEYS[6], ARGV[10], 'device_stolen', 0, '', ARGV[6])
  if band(user.marks, ADDRESS) ~= 0 then call('ZADD', KEYS[7], now_ms, ARGV[9]) end
end
local function refuse(outcome) return { outcome, 0, 0, found, 0 } end

local recovers = ARGV[11] == '1'
if not recovers and band(user.enabled, user.allowed, rules.policy) == 0 then return refuse(NOTHING_ASKED) end
local factors = band(usable_now(rules, user, recovers), bnot(tonumber(ARGV[5])))
if factors == 0 then return refuse(UNBOUND) end
-- What others' failures have disabled is not so for a device of his, which has a budget of its own.
if not device then
  local failures = call('HMGET', KEYS[1], 'F1', 'F2', 'F4', 'F8')
  for i, factor in ipairs({ EMAIL, TOTP, PASSKEY, RECOVERY_CODE }) do
    if failures_of(failures[i]) >= BUDGET then factors = band(factors, bnot(factor)) end
  end
end
if factors == 0 then return refuse(ALL_DISABLED) end
local wanted = tonumber(ARGV[4])
if wanted ~= 0 then factors = band(factors, wanted) end
if factors == 0 then return refuse(NOT_USABLE) end

local ends = now_ms + ARGV[3]
local fields = { 't', ARGV[1], 'u', ARGV[2], 'b', now_ms, 'x', ends, 'f', factors }
local function put(name, value) fields[#fields + 1], fields[#fields + 2] = name, value end
if ARGV[6] ~= '' then put('i', ARGV[6]) end
if recovers then put('r', 1) end
if device then
  put('v', ARGV[7])
  write_device(KEYS[4], ARGV[7], device)
end
call('HSET', KEYS[3], unpack(fields))
call('PEXPIRE', KEYS[3], ARGV[3] + CHALLENGE_KEPT_MS)
local answer = { OPENED, factors, ends, found, device and device.generation or 0 }
if band(factors, PASSKEY) ~= 0 and ARGV[12] then
  for i, value in ipairs(call('HMGET', KEYS[1], unpack(ARGV, 12))) do answer[5 + i] = value end
end
return answer
