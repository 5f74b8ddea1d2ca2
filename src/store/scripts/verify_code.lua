-- uses: call clock settings link_record link
-- Checks a code against the live codes of an enrollment link and, if it is one of them, spends the link: the address is
-- verified, the email factor on, the proof fresh. A wrong code counts before anything is said.
--
-- KEYS  his record, the tenant's rules in his partition, the link, what happened to it
-- ARGV  1 link id  2 wrong tries that end the link  3.. digests of the code, one for each pepper
-- Returns  state of the link (lib/link.lua; 8 no address; 9 wrong code; 10 email is not allowed), tries left, what is
--       seen of him after, packed
local WRONG = 9
local now_ms = floor(now_us() / 1000)
local tries = tonumber(ARGV[2])
local rules = read_rules(KEYS[2])
local user = call('HMGET', KEYS[1], 's', 'g', 'n', 'v')
local state, kind, wrong, ends = link_state(KEYS[3], KEYS[4], ARGV[1], user, now_ms, tries)
if state ~= LINK_OK then return { state, 0, 0 } end
if not rules then return { LINK_UNKNOWN, 0, 0 } end
local allowed, enabled, enrolled, marks = unpack_settings(user[1])
local seen
allowed, enabled, marks, seen = fold(rules, allowed, enabled, marks, tonumber(user[3] or 0))
local seen_allowed, seen_enabled = overlay(rules, allowed, enabled, marks)
state = code_state(rules, seen_allowed, seen_enabled, enrolled, marks)
if state ~= LINK_OK then return { state, 0, 0 } end

local function is_live(codes)
  local found = false
  for i = 1, 3 do
    if codes[i] and tonumber(codes[i]) > now_ms then
      for d = 3, #ARGV do found = found or codes[i + 3] == ARGV[d] end
    end
  end
  return found
end
if not is_live(call('HMGET', KEYS[4], 'e0', 'e1', 'e2', 'f0', 'f1', 'f2')) then
  call('HINCRBY', KEYS[4], 'w', 1)
  keep_events(KEYS[4], ends, now_ms)
  return { WRONG, tries - wrong - 1, 0 }
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
return { LINK_OK, tries - wrong, view(rules, allowed, enabled, bor(enrolled, EMAIL), marks) }
