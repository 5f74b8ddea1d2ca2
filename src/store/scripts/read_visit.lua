-- uses: call clock settings user link_record budget link
-- What a visit of the pages may know of its user, while it holds; writes nothing.
--
-- KEYS  his record, the tenant's rules in his partition
-- ARGV  1 id of the link that began it
-- Returns  holds (0, 1), its link was used (0, 1), what is seen of the user, packed, last authentication ms, now ms, when a
--       reset of lost factors is due ms, 0 for none
local now_ms = floor(now_us() / 1000)
local rules = read_rules(KEYS[2])
local user = rules and read_user(KEYS[1], rules)
local fields = call('HMGET', KEYS[1], 'g', 'Z')
if not user or not is_current(fields[1], ARGV[1]) then return { 0, 0, 0, 0, now_ms, 0 } end
local due = fields[2] and struct.unpack('<d', fields[2]) or 0
return { 1, fields[1] == ARGV[1] and 0 or 1, view(rules, user.allowed, user.enabled, user.enrolled, user.marks),
         user.last_auth, now_ms, due }
