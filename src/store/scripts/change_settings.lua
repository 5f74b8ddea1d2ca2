-- uses: call clock gcra settings idempotency audit link_record
-- Applies one settings change to n users of one tenant, all or nothing; with it come the enrollment links that it owes
-- and their mail, and the limits on writes to the one user. Reference: domain::decide (domain/settings_change.hpp).
--
-- KEYS  for each user: his record, the tenant's rules in his partition, and with links: due link mails, link record;
--       with an idempotency key: its record; last, if factors are removed (of one user): due notices, the audit stream
-- ARGV  1 packed <I2 users, I4 flags, B allowed: bits replaced, B by what, B enable, B disable, B restricted (0 keep,
--       1 clear, 2 set), B bits that must be allowed, I4 age of proof ms, I4 life of a link ms, d period us and I4
--       limit of the budget of link mails, B factors that a link is for, B policies, and for each: d period us, I4 limit
--       2 tenant   then, with an idempotency key: fingerprint, lifetime ms, mask of storable statuses, supplement
--       then, with links, for each user: user id, link id, sealed job; last, if factors are removed: sealed job of the
--       notice, audit (lib/audit.lua)
-- Returns  packed <B status, I2 index of the user that it is about; and for one user who exists: I4 and I4 what is seen
--       of him before and after (settings with allowed by policy too, enrolled as far as usable), d version,
--       d last authentication ms, B link (0 none, 1 made and mailed, 2 made, 3 over budget and not made), B its kind,
--       d its end ms, then for each policy: B allowed, I4 remaining, d retry us, d reset us. Or a replay.
--
-- The hot path of the server: one straight line with few functions and tables, numbers written as texts by '%d', which
-- costs a fifth of what Redis takes to write a double.
local DONE, NO_TENANT, NO_USER, TOO_MANY, IS_RESTRICTED, NOTHING_ENABLED, EXTERNAL, NOT_ALLOWED, UNCHANGED, STALE =
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9
local IF_UNRESTRICTED, UNLESS_ACTIVE, IF_DIFFERENT, IF_ENABLED, IF_INTERNAL, PROOF_WHEN_ACTIVE, PROOF_ALWAYS,
  REMOVE_FACTORS, LINK_ALWAYS, LINK_IF_UNENROLLED, IF_ANY_ALLOWED, CAUSED_BY_SERVER, IDEMPOTENT, UNMAILED =
  1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192
local LINK_NONE, LINK_MAILED, LINK_MADE, LINK_OVER_BUDGET = 0, 1, 2, 3
local format, pack = string.format, struct.pack

local count, flags, allowed_mask, allowed_value, enable, disable, restrict, must, proof_age, link_life, link_period,
  link_limit, link_factors, policies, limits = struct.unpack('<I2I4BBBBBBI4I4dI4BB', ARGV[1])
local changes = allowed_mask ~= 0 or enable ~= 0 or disable ~= 0 or restrict ~= 0
local shows_link = band(flags, LINK_ALWAYS) ~= 0
local with_links = band(flags, LINK_ALWAYS + LINK_IF_UNENROLLED) ~= 0
local stride, per_user = with_links and 4 or 2, 3
local idempotency_key
if band(flags, IDEMPOTENT) ~= 0 then
  per_user = 7
  idempotency_key = KEYS[count * stride + 1]
  local answer = replay(idempotency_key, ARGV[3])
  if answer then return answer end
end

local now = now_us()
local now_ms = floor(now / 1000)

-- Ends the script: remembers the outcome under its key if this status is one to remember.
local function conclude(status, index, more)
  local outcome = pack('<BI2', status, index) .. more
  if idempotency_key and band(tonumber(ARGV[5]), lshift(1, status)) ~= 0 then
    remember(idempotency_key, ARGV[3], ARGV[4], outcome, ARGV[6])
  end
  return outcome
end

-- The status of the change for a user who is seen like this; if that is DONE, his settings after it.
local function decide(rules, allowed, enabled, marks, active, proved)
  local asked = band(enabled, allowed, rules.policy)
  if band(flags, IF_UNRESTRICTED) ~= 0 and band(marks, RESTRICTED) ~= 0 and
     not (active and band(flags, UNLESS_ACTIVE) ~= 0) then
    return IS_RESTRICTED
  end
  if asked == 0 and band(flags, IF_ENABLED) ~= 0 then return NOTHING_ENABLED end
  if band(asked, DUO) ~= 0 and band(flags, IF_INTERNAL) ~= 0 then return EXTERNAL end

  local after = bor(band(allowed, bnot(allowed_mask)), allowed_value)
  local enabled_after = band(bor(enabled, enable), bnot(disable))
  local marks_after = marks
  if restrict == 1 then marks_after = band(marks, bnot(RESTRICTED))
  elseif restrict == 2 then marks_after = bor(marks, RESTRICTED) end
  local open_after = band(after, rules.policy)
  if band(must, open_after) ~= must or (open_after == 0 and band(flags, IF_ANY_ALLOWED) ~= 0) then
    return NOT_ALLOWED
  end
  if band(flags, IF_DIFFERENT) ~= 0 and band(asked, EMAIL) == band(enabled_after, open_after, EMAIL) and
     marks == marks_after then
    return UNCHANGED
  end
  local needs_proof = band(flags, PROOF_ALWAYS) ~= 0 or
    (active and enabled_after ~= enabled and band(flags, PROOF_WHEN_ACTIVE) ~= 0)
  if needs_proof and (proved == 0 or now_ms - proved > proof_age) then return STALE end
  return DONE, after, enabled_after, marks_after
end

-- What is told of one user: `verdicts` behind the rest.
local SEEN = '<I4I4ddBBd'
local verdicts, before, more = '', 0, ''
local rules_key, rules
local writes, links = {}, {}
local removed, reachable = 0, false
for i = 1, count do
  local at = (i - 1) * stride
  if KEYS[at + 2] ~= rules_key then
    rules_key = KEYS[at + 2]
    rules = read_rules(rules_key)
    if not rules then return conclude(NO_TENANT, i, '') end
  end
  local user_key = KEYS[at + 1]
  local fields = call('HMGET', user_key, 's', 'n', 'v', 't', 'r', 'q')
  if not fields[1] then return conclude(NO_USER, i, '') end
  local packed, seen, version = tonumber(fields[1]), tonumber(fields[2] or 0), tonumber(fields[3] or 0)
  local last_auth = tonumber(fields[4] or 0)
  local first_tat, second_tat, link_tat = 0, 0, 0
  if fields[5] then first_tat, second_tat, link_tat = struct.unpack('<ddd', fields[5]) end
  local allowed, enabled, enrolled, marks = unpack_settings(packed)
  local seen_after
  allowed, enabled, marks, seen_after = fold(rules, allowed, enabled, marks, seen)
  local stored_allowed, stored_enabled = allowed, enabled
  allowed, enabled = overlay(rules, allowed, enabled, marks)
  local factors = usable(rules, enrolled, marks)
  local asked = band(enabled, allowed, rules.policy, factors)
  local active = asked ~= 0
  local proved = band(asked, STRONG) ~= 0 and tonumber(fields[6] or 0) or last_auth

  if count == 1 then
    before = pack_settings(band(allowed, rules.policy), enabled, factors, marks)
    local within, too_far, first_kept, second_kept = true, false, first_tat, second_tat
    for p = 1, policies do
      local period, limit
      period, limit, limits = struct.unpack('<dI4', ARGV[1], limits)
      local kept = p == 1 and first_tat or second_tat
      if lies_too_far(now, kept, period) then kept, too_far = now + period, true end
      local passes, tat, remaining, retry, reset = gcra(now, kept, period, limit, 1)
      if p == 1 then first_tat, first_kept = tat, kept else second_tat, second_kept = tat, kept end
      within = within and passes
      verdicts = verdicts .. pack('<BI4dd', passes and 1 or 0, remaining, retry, reset)
    end
    if not within then
      if too_far then call('HSET', user_key, 'r', pack('<ddd', first_kept, second_kept, link_tat)) end
      return conclude(TOO_MANY, 1, pack(SEEN, before, before, version, last_auth, LINK_NONE, 0, 0) .. verdicts)
    end
  end

  local status, allowed_after, enabled_after, marks_after = decide(rules, allowed, enabled, marks, active, proved)
  if status ~= DONE then
    if count > 1 then return conclude(status, i, '') end
    if policies > 0 then call('HSET', user_key, 'r', pack('<ddd', first_tat, second_tat, link_tat)) end -- yet counted
    return conclude(status, 1, pack(SEEN, before, before, version, last_auth, LINK_NONE, 0, 0) .. verdicts)
  end

  local enrolled_after, last_auth_after = enrolled, last_auth
  if band(flags, REMOVE_FACTORS) ~= 0 then
    enrolled_after, last_auth_after = band(enrolled, bnot(ANY_FACTOR)), 0
    removed, reachable = band(enrolled, ANY_FACTOR), band(marks, ADDRESS) ~= 0
  end
  local settings_after
  if changes then
    settings_after = pack_settings(allowed_after, enabled_after, enrolled_after, bor(marks_after, OWN))
  else
    settings_after = pack_settings(stored_allowed, stored_enabled, enrolled_after, marks)
  end

  -- The link that is owed, unless the budget of mails forbids it. Over the budget a link is made only for an answer that
  -- shows it: it voids the one before, which may still be on its way.
  local link, kind, link_id = LINK_NONE, 0, false
  if shows_link or (with_links and band(enable, bnot(factors)) ~= 0) then
    link_tat = math.min(link_tat, now + link_period)
    local within, tat = gcra(now, link_tat, link_period, link_limit, 1)
    local mailed = within and band(marks, ADDRESS) ~= 0 and band(flags, UNMAILED) == 0
    if mailed or shows_link then
      -- An active user proves what he has, unless he is to bind what he has not.
      local is_new = band(link_factors, bnot(factors)) ~= 0
      kind = shows_link and active and not is_new and KIND_VERIFY or KIND_ENROLL
      local arg = per_user + 3 * (i - 1)
      link, link_id = LINK_MADE, ARGV[arg + 1]
      links[#links + 1] = { 'SET', KEYS[at + 4],
        pack(LINK_RECORD, LINK_RECORD_VERSION, kind, band(flags, CAUSED_BY_SERVER) ~= 0 and BY_SERVER or BY_USER,
             now_ms + link_life, now_ms, mailed and 1 or 0, link_factors, #ARGV[2]) .. ARGV[2] .. ARGV[arg],
        'PX', format('%d', link_life + LINK_KEPT_MS) }
      if mailed then
        link, link_tat = LINK_MAILED, tat
        links[#links + 1] = { 'ZADD', KEYS[at + 3], format('%d', now_ms), ARGV[arg + 2] }
      end
    elseif not within then
      link = LINK_OVER_BUDGET
    end
  end

  local write = { 'HSET', user_key }
  if settings_after ~= packed then
    version = version + 1
    write[3], write[4], write[5], write[6] = 's', format('%d', settings_after), 'v', format('%d', version)
  end
  if policies > 0 or link == LINK_MAILED then
    local n = #write
    write[n + 1], write[n + 2] = 'r', pack('<ddd', first_tat, second_tat, link_tat)
  end
  if link_id then
    local n = #write
    write[n + 1], write[n + 2] = 'g', link_id
  end
  if seen_after ~= seen then
    local n = #write
    write[n + 1], write[n + 2] = 'n', format('%d', seen_after)
  end
  if last_auth_after ~= last_auth then
    local n = #write
    write[n + 1], write[n + 2] = 't', format('%d', last_auth_after)
  end
  if #write > 2 then writes[#writes + 1] = write end
  if band(flags, REMOVE_FACTORS) ~= 0 then
    writes[#writes + 1] = { 'HDEL', user_key, 'T', 'N', 'R', 'H', 'W', 'P0', 'P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7', 'P8',
                            'P9', 'M4', 'M8', 'q', 'Z' }
  end
  if count == 1 then
    more = pack(SEEN, before, view(rules, allowed_after, enabled_after, enrolled_after, marks_after), version,
                last_auth_after, link, kind, kind ~= 0 and now_ms + link_life or 0) .. verdicts
  end
end

-- Nothing was written so far, and nothing is refused from here on.
for i = 1, #links do call(unpack(links[i])) end
for i = 1, #writes do call(unpack(writes[i])) end
if removed ~= 0 then
  for _, factor in ipairs({ 1, 2, 4, 8, 16, 32 }) do
    if band(removed, factor) ~= 0 then audit(KEYS[#KEYS], ARGV[#ARGV], 'factor_removed', factor) end
  end
  if reachable then call('ZADD', KEYS[#KEYS - 1], format('%d', now_ms), ARGV[#ARGV - 1]) end
end
return conclude(DONE, 0, more)
