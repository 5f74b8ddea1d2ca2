-- uses: call clock settings fence link_record link
-- How an enrollment link stands; writes nothing.
--
-- KEYS  his record, the tenant's rules in his partition, the link, what happened to it, the fence
-- ARGV  1 link id  2 wrong tries that end the link
-- Returns  state of the link (lib/link.lua; 8 no address; 10 email is not allowed), kind, end ms, what is seen of the
--       user, packed, end of the last code that counts ms, 0 for none, its mail (lib/link.lua), the factors it is for
local now_ms = floor(now_us() / 1000)
local rules = read_rules(KEYS[2])
local user = call('HMGET', KEYS[1], 's', 'g', 'n')
local state, kind, _, ends, mail, factors = link_state(KEYS[3], KEYS[4], ARGV[1], user, now_ms, tonumber(ARGV[2]),
                                                           fence_of(KEYS[5]))
if not rules or not user[1] then return { LINK_UNKNOWN, 0, 0, 0, 0, 0, 0 } end

local allowed, enabled, enrolled, marks = unpack_settings(user[1])
allowed, enabled, marks = fold(rules, allowed, enabled, marks, tonumber(user[3] or 0))
allowed, enabled = overlay(rules, allowed, enabled, marks)
if state == LINK_OK then state = code_state(rules, allowed, enabled, enrolled, marks) end
local code_end = 0
for _, code in ipairs(call('HMGET', KEYS[4], 'e0', 'e1', 'e2')) do
  local at = tonumber(code or 0)
  if at > now_ms and at > code_end then code_end = at end
end
return { state, kind, ends, view(rules, allowed, enabled, enrolled, marks), code_end, mail, factors }
