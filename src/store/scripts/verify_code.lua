-- uses: call clock settings fence audit link_record link
-- Checks a code against the live codes of an enrollment link and, if it is one of them, spends the link: the address is
-- verified, the email factor on, the proof fresh. A wrong code counts before anything is said.
--
-- KEYS  his record, the tenant's rules in his partition, the link, what happened to it, the fence, the audit stream
-- ARGV  1 link id  2 wrong tries that end the link  3 audit (lib/audit.lua)  4.. digests of the code, one for each pepper
-- Returns  state of the link (lib/link.lua; 8 no address; 9 wrong code; 10 email is not allowed), tries left, what is
--       seen of him after, packed
local FIRST_DIGEST = 4
local WRONG = 9
local OUTCOMES = { [LINK_OK] = 'passed', [LINK_EXPIRED] = 'expired', [LINK_USED] = 'used',
                   [LINK_SUPERSEDED] = 'superseded', [LINK_EXHAUSTED] = 'exhausted', [LINK_RESTRICTED] = 'restricted',
                   [LINK_NO_ADDRESS] = 'no_address', [WRONG] = 'wrong', [LINK_NOT_ALLOWED] = 'not_offered' }
local now_ms = floor(now_us() / 1000)
local tries = tonumber(ARGV[2])
local rules = read_rules(KEYS[2])
local user = call('HMGET', KEYS[1], 's', 'g', 'n', 'v')
local state, kind, wrong, ends = link_state(KEYS[3], KEYS[4], ARGV[1], user, now_ms, tries, fence_of(KEYS[5]))
if state == LINK_UNKNOWN or not rules then return { LINK_UNKNOWN, 0, 0 } end
-- Ends the script.
local function conclude(outcome, left, seen_after)
  audit(KEYS[6], ARGV[3], 'verification', EMAIL, OUTCOMES[outcome])
  return { outcome, left or 0, seen_after or 0 }
end
if state ~= LINK_OK then return conclude(state) end
local allowed, enabled, enrolled, marks = unpack_settings(user[1])
local seen
allowed, enabled, marks, seen = fold(rules, allowed, enabled, marks, tonumber(user[3] or 0))
local seen_allowed, seen_enabled = overlay(rules, allowed, enabled, marks)
state = code_state(rules, seen_allowed, seen_enabled, enrolled, marks)
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

if kind == KIND_ENROLL then
  allowed, enabled, marks = seen_allowed, bor(seen_enabled, EMAIL), bor(marks, OWN)
end
local packed = pack_settings(allowed, enabled, bor(enrolled, EMAIL), marks)
call('HSET', KEYS[1], 's', packed, 'n', seen, 'v', tonumber(user[4] or 0) + 1, 't', now_ms)
-- What is queued for this link is not worth sending any more; bound anew, the factor has its whole budget.
call('HDEL', KEYS[1], 'g', 'F1')
call('HSET', KEYS[4], 'd', now_ms)
call('HDEL', KEYS[4], 'e0', 'e1', 'e2', 'f0', 'f1', 'f2')
if band(enrolled, EMAIL) == 0 then audit(KEYS[6], ARGV[3], 'factor_added', EMAIL) end
return conclude(LINK_OK, tries - wrong, view(rules, allowed, enabled, bor(enrolled, EMAIL), marks))
