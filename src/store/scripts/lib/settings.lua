-- A user's settings are one integer (domain/settings.hpp, Settings::pack): bits 0..7 allowed, 8..15 enabled,
-- 16..23 enrolled, 24 change_restricted, 25 own setting, 26 has an address, 28..30 version of this format.
local band, bor, bnot, lshift, rshift = bit.band, bit.bor, bit.bnot, bit.lshift, bit.rshift
local EMAIL, TOTP, PASSKEY, RECOVERY_CODE, DUO, ANY_FACTOR = 1, 2, 4, 8, 16, 63
local STRONG = TOTP + PASSKEY -- a code by mail is no proof where one of these is asked for
local RESTRICTED, OWN, ADDRESS, FORMAT = 0x1000000, 0x2000000, 0x4000000, 0x10000000
local DEFAULT_NONE, DEFAULT_DISALLOWED, DEFAULT_EMAIL = 0, 1, 2
local OPTION_DEFAULT_APPLIES_UNSET, OPTION_VERIFIED_ADDRESSES = 1, 2

local function unpack_settings(packed)
  packed = tonumber(packed)
  if band(packed, 0x70000000) ~= FORMAT then error('settings of an unknown format') end
  return band(packed, 255), band(rshift(packed, 8), 255), band(rshift(packed, 16), 255), band(packed, 0x7000000)
end

local function pack_settings(allowed, enabled, enrolled, marks)
  return bor(allowed, lshift(enabled, 8), lshift(enrolled, 16), marks, FORMAT)
end

-- What the tenant's rules say in this partition: policy, default, numbers of the last `all` that allowed email and
-- of the last that disallowed, options. False when the tenant is unknown.
local function read_rules(key)
  local r = call('HMGET', key, 'p', 'd', 'a', 'z', 'o')
  if not r[1] then return false end
  return { policy = tonumber(r[1]), default = tonumber(r[2]), allowed_all = tonumber(r[3]),
           disallowed_all = tonumber(r[4]), options = tonumber(r[5]) }
end

local function apply_default(default, allowed, enabled)
  if default == DEFAULT_DISALLOWED then return 0, enabled end
  if default == DEFAULT_EMAIL then return bor(allowed, EMAIL), bor(enabled, EMAIL) end
  return allowed, enabled
end

-- Folds in what the tenant did to all its users since this user's number `seen`. Reference: domain::folded.
local function fold(rules, allowed, enabled, marks, seen)
  if rules.disallowed_all > seen then allowed = 0 end
  if rules.allowed_all > seen then
    enabled = bor(enabled, EMAIL)
    if rules.allowed_all > rules.disallowed_all then allowed = bor(allowed, EMAIL) end
  end
  local newest = math.max(rules.disallowed_all, rules.allowed_all)
  if newest > seen then return allowed, enabled, bor(marks, OWN), newest end
  return allowed, enabled, marks, seen
end

-- Lays a default that holds for users without a setting of their own over a folded record. It is stored only once the
-- setting has become his own. Reference: domain::overlaid.
local function overlay(rules, allowed, enabled, marks)
  if band(rules.options, OPTION_DEFAULT_APPLIES_UNSET) == 0 or band(marks, OWN) ~= 0 then return allowed, enabled end
  return apply_default(rules.default, allowed, enabled)
end

-- The factors that can be asked for: an address that the tenant provisioned counts as enrolled unless the tenant wants
-- it verified first.
local function usable(rules, enrolled, marks)
  if band(marks, ADDRESS) ~= 0 and band(rules.options, OPTION_VERIFIED_ADDRESSES) == 0 then
    return bor(enrolled, EMAIL)
  end
  return enrolled
end

-- What every dialect shows (domain::MfaState), packed.
local function view(rules, allowed, enabled, enrolled, marks)
  return pack_settings(band(allowed, rules.policy), enabled, usable(rules, enrolled, marks), marks)
end
