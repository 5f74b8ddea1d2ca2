-- A user as he is seen, with everything folded in that his tenant did to all; nothing when there is no such user.
local function read_user(key, rules)
  local fields = call('HMGET', key, 's', 'n', 'v', 't', 'q')
  if not fields[1] then return nil end
  local allowed, enabled, enrolled, marks = unpack_settings(fields[1])
  local seen
  allowed, enabled, marks, seen = fold(rules, allowed, enabled, marks, tonumber(fields[2] or 0))
  allowed, enabled = overlay(rules, allowed, enabled, marks)
  return { allowed = allowed, enabled = enabled, enrolled = enrolled, marks = marks, seen = seen,
           version = tonumber(fields[3] or 0), last_auth = tonumber(fields[4] or 0),
           last_strong = tonumber(fields[5] or 0), bound = usable(rules, enrolled, marks) }
end

-- Whether a change of factors that he himself asks for needs a proof that is not there: while MFA is active, one that is
-- no older than `age_ms`; and no code by mail, if more than that is asked of him.
local function lacks_proof(user, rules, now_ms, age_ms)
  local asked = band(user.enabled, user.allowed, rules.policy, user.bound)
  if asked == 0 then return false end
  local proved = band(asked, STRONG) ~= 0 and user.last_strong or user.last_auth
  return proved == 0 or now_ms - proved > age_ms
end

-- Writes his settings back, as his own and as a new version; more fields and values may follow.
local function write_user(key, user, ...)
  user.marks = bor(user.marks, OWN)
  user.version = user.version + 1
  call('HSET', key, 's', pack_settings(user.allowed, user.enabled, user.enrolled, user.marks), 'n', user.seen,
       'v', user.version, ...)
end
