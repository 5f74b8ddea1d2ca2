-- uses: call clock gcra settings idempotency
-- Applies one settings change to n users of one tenant, all or nothing; with it come the enrollment links that it owes
-- and their mail, and the limits on writes to the one user. Reference: domain::decide (domain/settings_change.hpp).
--
-- KEYS  for each user: his record, the tenant's rules in his partition, and with links: due link mails, link record;
--       last, with an idempotency key: its record
-- ARGV  1 packed <I2 users, I4 flags, B allowed: bits replaced, B by what, B enable, B disable, B restricted (0 keep,
--       1 clear, 2 set), B bits that must be allowed, I4 age of proof ms, I4 life of a link ms, d period us and I4
--       limit of the budget of link mails, B factors that a link is for, B policies, and for each: d period us, I4 limit
--       2 tenant   then, with an idempotency key: fingerprint, lifetime ms, mask of storable statuses, supplement
--       then, with links, for each user: user id, link id, sealed job
-- Returns  packed <B status, I2 index of the user that it is about; and for one user who exists: I4 and I4 what is seen
--       of him before and after (settings with allowed by policy too, enrolled as far as usable), d version,
--       d last authentication ms, B link (0 none, 1 made and mailed, 2 made, 3 over budget and not made), B its kind,
--       d its end ms, then for each policy: B allowed, I4 remaining, d retry us, d reset us. Or a replay.
local DONE, NO_TENANT, NO_USER, TOO_MANY, IS_RESTRICTED, NOTHING_ENABLED, EXTERNAL, NOT_ALLOWED, UNCHANGED, STALE =
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9
local IF_UNRESTRICTED, UNLESS_ACTIVE, IF_DIFFERENT, IF_ENABLED, IF_INTERNAL, PROOF_WHEN_ACTIVE, PROOF_ALWAYS,
  REMOVE_FACTORS, LINK_ALWAYS, LINK_IF_UNENROLLED, IF_ANY_ALLOWED, BY_SERVER, IDEMPOTENT, UNMAILED =
  1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192
local LINK_NONE, LINK_MAILED, LINK_MADE, LINK_OVER_BUDGET = 0, 1, 2, 3
local KIND_ENROLL, KIND_VERIFY = 1, 2

local count, flags, allowed_mask, allowed_value, enable, disable, restrict, must, proof_age, link_life, link_period,
  link_limit, link_factors, policies, limits = struct.unpack('<I2I4BBBBBBI4I4dI4BB', ARGV[1])
local function has(flag) return band(flags, flag) ~= 0 end

local with_links = has(LINK_ALWAYS) or has(LINK_IF_UNENROLLED)
local stride = with_links and 4 or 2
local idempotency = 3
local per_user = has(IDEMPOTENT) and 7 or 3
local idempotency_key = has(IDEMPOTENT) and KEYS[count * stride + 1]
if idempotency_key then
  local answer = replay(idempotency_key, ARGV[idempotency])
  if answer then return answer end
end

local now = now_us()
local now_ms = floor(now / 1000)

-- Ends the script: remembers the outcome under its key if this status is one to remember.
local function conclude(status, index, more)
  local outcome = struct.pack('<BI2', status, index) .. (more or '')
  if idempotency_key and band(tonumber(ARGV[idempotency + 2]), lshift(1, status)) ~= 0 then
    remember(idempotency_key, ARGV[idempotency], ARGV[idempotency + 1], outcome, ARGV[idempotency + 3])
  end
  return outcome
end

local function fresh(last_auth)
  return last_auth > 0 and now_ms - last_auth <= proof_age
end

-- The status of the change for one user, and his settings after it.
local function decide(rules, user)
  local allowed, enabled = user.allowed, user.enabled
  local open = band(allowed, rules.policy)
  local asked = band(enabled, open)
  local enrolled = usable(rules, user.enrolled, user.marks)
  local active = band(asked, enrolled) ~= 0
  user.active, user.usable = active, enrolled

  if has(IF_UNRESTRICTED) and band(user.marks, RESTRICTED) ~= 0 and not (has(UNLESS_ACTIVE) and active) then
    return IS_RESTRICTED
  end
  if has(IF_ENABLED) and asked == 0 then return NOTHING_ENABLED end
  if has(IF_INTERNAL) and band(asked, DUO) ~= 0 then return EXTERNAL end

  local marks = user.marks
  allowed = bor(band(allowed, bnot(allowed_mask)), allowed_value)
  enabled = band(bor(enabled, enable), bnot(disable))
  if restrict == 1 then marks = band(marks, bnot(RESTRICTED)) elseif restrict == 2 then marks = bor(marks, RESTRICTED) end
  local open_after = band(allowed, rules.policy)
  if band(must, open_after) ~= must or (has(IF_ANY_ALLOWED) and open_after == 0) then return NOT_ALLOWED end
  if has(IF_DIFFERENT) and band(asked, EMAIL) == band(enabled, open_after, EMAIL) and marks == user.marks then
    return UNCHANGED
  end
  if (has(PROOF_ALWAYS) or (has(PROOF_WHEN_ACTIVE) and active and enabled ~= user.enabled)) and
     not fresh(user.last_auth) then
    return STALE
  end

  user.shown_allowed, user.shown_enabled = allowed, enabled
  user.enrolled_after = user.enrolled
  user.last_auth_after = user.last_auth
  if has(REMOVE_FACTORS) then
    user.enrolled_after = band(user.enrolled, bnot(ANY_FACTOR))
    user.last_auth_after = 0
  end
  if allowed_mask ~= 0 or enable ~= 0 or disable ~= 0 or restrict ~= 0 then
    user.allowed_after, user.enabled_after, user.marks_after = allowed, enabled, bor(marks, OWN)
  else
    user.allowed_after, user.enabled_after, user.marks_after = user.allowed_stored, user.enabled_stored, user.marks
  end
  return DONE
end

-- Takes one from each policy of the user's writes. Returns whether all allow, and the packed verdicts.
local function count_write(user)
  local all, verdicts = true, ''
  for p = 1, policies do
    local period, limit
    period, limit, limits = struct.unpack('<dI4', ARGV[1], limits)
    local allowed, tat, remaining, retry, reset = gcra(now, user.tats[p], period, limit, 1)
    user.tats[p] = tat
    all = all and allowed
    verdicts = verdicts .. struct.pack('<BI4dd', allowed and 1 or 0, remaining, retry, reset)
  end
  return all, verdicts
end

-- Makes the link that the change owes this user, unless his budget of mails forbids it. Over the budget a link is made
-- only for an answer that shows it: it voids the one before, which may still be on its way.
local function owe_link(i, user, put)
  local within, tat = gcra(now, user.link_tat, link_period, link_limit, 1)
  local mailed = within and band(user.marks, ADDRESS) ~= 0 and not has(UNMAILED)
  if not mailed and not has(LINK_ALWAYS) then return within and LINK_NONE or LINK_OVER_BUDGET, 0 end

  local at, arg = (i - 1) * stride, per_user + 3 * (i - 1)
  local kind = has(LINK_ALWAYS) and user.active and KIND_VERIFY or KIND_ENROLL
  call('HSET', KEYS[at + 4], 't', ARGV[2], 'u', ARGV[arg], 'x', now_ms + link_life, 'k', kind,
       'c', has(BY_SERVER) and 2 or 1, 'm', mailed and 1 or 0, 'p', link_factors)
  -- Kept beyond its end for an hour, so that who comes late is told why.
  call('PEXPIRE', KEYS[at + 4], link_life + 3600000)
  put('g', ARGV[arg + 1])
  if mailed then
    put('k', tat)
    call('ZADD', KEYS[at + 3], now_ms, ARGV[arg + 2])
  end
  return mailed and LINK_MAILED or LINK_MADE, kind
end

-- What is told of the one user of a call.
local verdicts, before = '', 0
local function told(after, version, last_auth, link, kind)
  local link_end = kind ~= 0 and now_ms + link_life or 0
  return struct.pack('<I4I4ddBBd', before, after, version, last_auth, link, kind, link_end) .. verdicts
end

local rules_of, users = {}, {}
for i = 1, count do
  local at = (i - 1) * stride
  local rules = rules_of[KEYS[at + 2]]
  if rules == nil then
    rules = read_rules(KEYS[at + 2])
    rules_of[KEYS[at + 2]] = rules
  end
  if not rules then return conclude(NO_TENANT, i) end
  local fields = call('HMGET', KEYS[at + 1], 's', 'n', 'v', 't', 'k', 'a', 'b')
  if not fields[1] then return conclude(NO_USER, i) end
  -- All members at once: a table that grows is made anew several times.
  local user = { packed = tonumber(fields[1]), seen = tonumber(fields[2] or 0), version = tonumber(fields[3] or 0),
                 last_auth = tonumber(fields[4] or 0), link_tat = fields[5], tats = { fields[6], fields[7] },
                 allowed = 0, enabled = 0, enrolled = 0, marks = 0, allowed_stored = 0, enabled_stored = 0,
                 seen_after = 0, active = false, usable = 0, shown_allowed = 0, shown_enabled = 0, allowed_after = 0,
                 enabled_after = 0, enrolled_after = 0, marks_after = 0, last_auth_after = 0 }
  user.allowed, user.enabled, user.enrolled, user.marks = unpack_settings(user.packed)
  user.allowed_stored, user.enabled_stored, user.marks, user.seen_after =
    fold(rules, user.allowed, user.enabled, user.marks, user.seen)
  user.allowed, user.enabled = overlay(rules, user.allowed_stored, user.enabled_stored, user.marks)
  users[i] = user

  if count == 1 then
    before = view(rules, user.allowed, user.enabled, user.enrolled, user.marks)
    local within
    within, verdicts = count_write(user)
    if not within then return conclude(TOO_MANY, 1, told(before, user.version, user.last_auth, LINK_NONE, 0)) end
  end
  local status = decide(rules, user)
  if status ~= DONE then
    if count > 1 then return conclude(status, i) end
    if policies > 0 then call('HSET', KEYS[at + 1], 'a', user.tats[1]) end -- refused, yet counted
    if policies > 1 then call('HSET', KEYS[at + 1], 'b', user.tats[2]) end
    return conclude(status, 1, told(before, user.version, user.last_auth, LINK_NONE, 0))
  end
end

-- Nothing of the change was written so far, and nothing is refused from here on.
local more
for i = 1, count do
  local user = users[i]
  local fields, n = {}, 0
  local function put(name, value)
    fields[n + 1], fields[n + 2] = name, value
    n = n + 2
  end
  local after = pack_settings(user.allowed_after, user.enabled_after, user.enrolled_after, user.marks_after)
  if after ~= user.packed then
    user.version = user.version + 1
    put('s', after)
    put('v', user.version)
  end
  if user.seen_after ~= user.seen then put('n', user.seen_after) end
  if user.last_auth_after ~= user.last_auth then put('t', user.last_auth_after) end
  local link, kind = LINK_NONE, 0
  if has(LINK_ALWAYS) or (has(LINK_IF_UNENROLLED) and band(enable, bnot(user.usable)) ~= 0) then
    link, kind = owe_link(i, user, put)
  end
  if count == 1 then
    local shown = view(rules_of[KEYS[2]], user.shown_allowed, user.shown_enabled, user.enrolled_after, user.marks_after)
    more = told(shown, user.version, user.last_auth_after, link, kind)
    if policies > 0 then put('a', user.tats[1]) end
    if policies > 1 then put('b', user.tats[2]) end
  end
  if n > 0 then call('HSET', KEYS[(i - 1) * stride + 1], unpack(fields)) end
end
return conclude(DONE, 0, more)
