-- uses: call clock gcra settings user fence audit notice link_record budget link
-- Checks a code against the live codes of an enrollment link and, if it is one of them, spends the link: the address is
-- verified, the email factor on, the proof fresh. A wrong code counts before anything is said.
--
-- KEYS  his record, the tenant's rules in his partition, the link, what happened to it, the fence, the audit stream, due
--       notices
-- ARGV  1 link id  2 wrong tries that end the link  3 audit (lib/audit.lua)  4 visit (0 none, 1 asked in one, 2 in one that
--       was proved)  5 age of proof ms  6 sealed job of the notice of a factor that is bound  7.. digests of the code, one
--       for each pepper
-- Returns  state of the link (lib/link.lua; 8 no address; 9 wrong code; 10 email is not allowed; 11 MFA is active and to be
--       proved first), tries left, what is seen of him after, packed
local FIRST_DIGEST = 7
local WRONG = 9
local OUTCOMES = { [LINK_OK] = 'passed', [LINK_EXPIRED] = 'expired', [LINK_USED] = 'used',
                   [LINK_SUPERSEDED] = 'superseded', [LINK_EXHAUSTED] = 'exhausted', [LINK_RESTRICTED] = 'restricted',
                   [LINK_NO_ADDRESS] = 'no_address', [WRONG] = 'wrong', [LINK_NOT_ALLOWED] = 'not_offered',
                   [LINK_PROOF_NEEDED] = 'not_offered' }
local now = now_us()
local now_ms = floor(now / 1000)
local tries = tonumber(ARGV[2])
local rules = read_rules(KEYS[2])
local fields = call('HMGET', KEYS[1], 's', 'g', 'F1')
local state, _, wrong, ends, _, factors, by =
  link_state(KEYS[3], KEYS[4], ARGV[1], fields, now_ms, tries, fence_of(KEYS[5]), ARGV[4] ~= '0')
if state == LINK_UNKNOWN or not rules then return { LINK_UNKNOWN, 0, 0 } end
-- Ends the script.
local function conclude(outcome, left, seen_after)
  audit(KEYS[6], ARGV[3], 'verification', EMAIL, OUTCOMES[outcome])
  return { outcome, left or 0, seen_after or 0 }
end
if state ~= LINK_OK then return conclude(state) end
local user = read_user(KEYS[1], rules)
local is_proved = ARGV[4] == '2' and not lacks_proof(user, rules, now_ms, tonumber(ARGV[5]))
local failures = failures_of(fields[3])
if fields[2] ~= ARGV[1] then factors = 0 end
state = code_state(user, rules, by, factors, is_proved, failures)
if state ~= LINK_OK then return conclude(state) end

local function is_live(codes)
  local found = false
  for i = 1, 3 do
    if codes[i] and tonumber(codes[i]) > now_ms then
      for d = FIRST_DIGEST, #ARGV do found = found or codes[i + 3] == ARGV[d] end
    end
  end
  return found
end
if not is_live(call('HMGET', KEYS[4], 'e0', 'e1', 'e2', 'f0', 'f1', 'f2')) then
  call('HINCRBY', KEYS[4], 'w', 1)
  keep_events(KEYS[4], ends, now_ms)
  return conclude(WRONG, tries - wrong - 1)
end

local is_new = band(user.enrolled, EMAIL) == 0
user.enabled, user.enrolled = bor(user.enabled, EMAIL), bor(user.enrolled, EMAIL)
write_user(KEYS[1], user, 't', now_ms)
-- Bound anew, the factor has its whole budget here; a remembered device keeps its own.
call('HDEL', KEYS[1], 'F1')
spend_link(KEYS[1], KEYS[4], ARGV[1], ends, now_ms)
if is_new then
  audit(KEYS[6], ARGV[3], 'factor_added', EMAIL)
  owe_notice(KEYS[1], KEYS[7], ARGV[6], now)
end
return conclude(LINK_OK, tries - wrong, view(rules, user.allowed, user.enabled, user.enrolled, user.marks))
