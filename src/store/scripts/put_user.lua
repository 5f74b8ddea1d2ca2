-- uses: call clock settings idempotency audit
-- Creates a user or brings him up to date: what the tenant says of him (import, native API, provisioning from a token).
-- A new user takes over the tenant's default and every `all` so far. A changed address voids his link, the verification
-- of the old one, the proof that may have come from it, failures with its codes, his remembered devices and a reset that
-- the old one was told of; a notice of it goes to the old one.
--
-- KEYS  his record, the tenant's rules in his partition, his remembered devices, the audit stream, due notices, where the
--       old address is kept for the notice; with an idempotency key: its record
-- ARGV  1 only if new (0, 1)  2 sealed address  3 digest of the address, "" for none, "=" as it is
--       4 locale, "" for none, "=" as it is
--       5 allowed, -1 as it is  6 enabled, -1 as it is  7 restricted (0 as it is, 1 clear, 2 set)
--       8 last authentication, ms (0 never, -1 as it is)  9 sum of: 1 he may be created, 2 changed, 4 what is set is not
--       a setting of his own, 8 his address was verified  10 version of a new user, -1 the first
--       11 sealed job of the notice  12 life of the notice ms  13 audit (lib/audit.lua)
--       then, with an idempotency key: fingerprint, lifetime ms
-- Returns  packed <B status (0 as it was, 1 created, 2 changed, 3 no such tenant, 4 he may not be); or a replay
local UNCHANGED, CREATED, CHANGED, NO_TENANT, NOT_PERMITTED = 0, 1, 2, 3, 4
local idempotency_key = KEYS[7]
if idempotency_key then
  local answer = replay(idempotency_key, ARGV[14])
  if answer then return answer end
end

-- Ends the script: what was done is remembered under its key.
local function conclude(status)
  local outcome = struct.pack('<B', status)
  if idempotency_key and status <= CHANGED then remember(idempotency_key, ARGV[14], ARGV[15], outcome, '') end
  return outcome
end

local rules = read_rules(KEYS[2])
if not rules then return conclude(NO_TENANT) end
local old = call('HMGET', KEYS[1], 's', 'n', 'v', 't', 'h', 'l', 'e')
local exists = old[1]
if exists and ARGV[1] == '1' then return conclude(UNCHANGED) end
local flags = tonumber(ARGV[9])
if band(flags, exists and 2 or 1) == 0 then return conclude(NOT_PERMITTED) end
local old_digest, old_locale = old[5] or '', old[6] or ''
local digest = ARGV[3] == '=' and old_digest or ARGV[3]
local locale = ARGV[4] == '=' and old_locale or ARGV[4]

local allowed, enabled, enrolled, marks
local seen, newest = tonumber(old[2] or 0), math.max(rules.allowed_all, rules.disallowed_all)
if exists then
  allowed, enabled, enrolled, marks = unpack_settings(old[1])
  allowed, enabled, marks, newest = fold(rules, allowed, enabled, marks, seen)
else
  allowed, enabled, enrolled, marks = ANY_FACTOR, 0, 0, 0
  if band(rules.options, OPTION_DEFAULT_APPLIES_UNSET) == 0 then
    allowed, enabled = apply_default(rules.default, allowed, enabled)
  end
end

local set_allowed, set_enabled, restrict = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
if set_allowed >= 0 then allowed = set_allowed end
if set_enabled >= 0 then enabled = set_enabled end
if (set_allowed >= 0 or set_enabled >= 0) and band(flags, 4) == 0 then marks = bor(marks, OWN) end
if restrict == 1 then marks = band(marks, bnot(RESTRICTED)) elseif restrict == 2 then marks = bor(marks, RESTRICTED) end

local moved = old_digest ~= digest
local last_auth = tonumber(old[4] or 0)
if moved then
  if band(enrolled, EMAIL) ~= 0 then last_auth = 0 end
  enrolled = band(enrolled, bnot(EMAIL))
  marks = digest == '' and band(marks, bnot(ADDRESS)) or bor(marks, ADDRESS)
end
if digest ~= '' and band(flags, 8) ~= 0 then enrolled = bor(enrolled, EMAIL) end
local packed = pack_settings(allowed, enabled, enrolled, marks)
if ARGV[8] ~= '-1' then last_auth = tonumber(ARGV[8]) end

local same = exists and not moved and packed == tonumber(old[1]) and newest == seen and
             last_auth == tonumber(old[4] or 0) and old_locale == locale
if same then return conclude(UNCHANGED) end
local fields = { 's', packed }
local function put(name, value)
  fields[#fields + 1] = name
  fields[#fields + 1] = value
end
if exists then put('v', tonumber(old[3] or 0) + 1)
elseif ARGV[10] ~= '-1' then put('v', ARGV[10]) end
if newest ~= seen then put('n', newest) end
if last_auth ~= tonumber(old[4] or 0) then put('t', last_auth) end
if ARGV[8] ~= '-1' then put('q', last_auth) end -- the host vouches for it
if locale ~= old_locale and locale ~= '' then put('l', locale) end
if moved and digest ~= '' then
  put('e', ARGV[2])
  put('h', digest)
end
call('HSET', KEYS[1], unpack(fields))
if moved and exists then
  call('HDEL', KEYS[1], 'g', 'F1', 'Z')
  if digest == '' then call('HDEL', KEYS[1], 'e', 'h') end
  call('DEL', KEYS[3])
  audit(KEYS[4], ARGV[13], 'address_changed')
  if old[7] and ARGV[11] ~= '' then
    call('SET', KEYS[6], old[7], 'PX', ARGV[12])
    call('ZADD', KEYS[5], floor(now_us() / 1000), ARGV[11])
  end
end
if locale == '' and old_locale ~= '' then call('HDEL', KEYS[1], 'l') end
return conclude(exists and CHANGED or CREATED)
