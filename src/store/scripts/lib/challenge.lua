-- A challenge is a hash, until an hour after its end: t tenant, u user, b and x its begin and end ms, f factors that may
-- pass it (bits), v the remembered device that it was opened with, i the address that the host saw, r that it is to
-- recover lost factors; w wrong tries, d when it was passed, n codes sent, e0..e2 ends and f0..f2 digests of the last
-- codes, a digest of the address that the last one went to, j id of its mail job, m what became of it (1 owed, 2 sent,
-- 3 given up, 4 dropped), y a device that was remembered after it.
-- How it stands, or what became of an attempt; the numbers are domain::ChallengeState.
local CH_OPEN, CH_UNKNOWN, CH_EXPIRED, CH_USED, CH_EXHAUSTED, CH_NOT_OFFERED, CH_DISABLED, CH_WAITING, CH_BUSY, CH_WRONG,
  CH_SPENT, CH_OVER_BUDGET, CH_NO_ADDRESS, CH_TO_COMPARE, CH_NOT_A_CODE =
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 20, 21
local CHALLENGE_KEPT_MS = 3600000

-- Its state, wrong tries and factors; then device, address, and whether it is to recover. One that is older than the
-- fence is over.
local function challenge_state(key, now_ms, tries, fence)
  local c = call('HMGET', key, 'x', 'f', 'w', 'd', 'b', 'v', 'i', 'r')
  if not c[1] then return CH_UNKNOWN, 0, 0, false, '', false end
  local wrong = tonumber(c[3] or 0)
  local state = CH_OPEN
  if c[4] then state = CH_USED
  elseif now_ms >= tonumber(c[1]) or tonumber(c[5] or 0) < fence then state = CH_EXPIRED
  elseif wrong >= tries then state = CH_EXHAUSTED end
  return state, wrong, tonumber(c[2]), c[6], c[7] or '', c[8]
end

-- The factors of a user that can pass a challenge now: asked for and bound; with one of these also his recovery codes.
local function usable_at_sign_in(rules, allowed, enabled, enrolled, marks)
  local bound = usable(rules, enrolled, marks)
  local factors = band(enabled, allowed, rules.policy, bound)
  if band(factors, bnot(RECOVERY_CODE)) == 0 then return 0 end
  return bor(factors, band(bound, RECOVERY_CODE))
end

-- The factors of a user that can pass a challenge to recover lost ones: his address and his recovery codes, whatever
-- sign-in asks for.
local function usable_to_recover(rules, user)
  return band(user.bound, bor(band(EMAIL, user.allowed, rules.policy), RECOVERY_CODE))
end

local function usable_now(rules, user, recovers)
  if recovers then return usable_to_recover(rules, user) end
  return usable_at_sign_in(rules, user.allowed, user.enabled, user.enrolled, user.marks)
end
