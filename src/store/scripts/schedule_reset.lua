-- uses: call clock settings user audit link_record budget link
-- Schedules the reset of a user's lost factors, asked for in a visit of the pages, with the mail that tells of it and lets
-- him cancel. One at a time: a second wish changes nothing.
--
-- KEYS  his record, the tenant's rules in his partition, due notices, the audit stream
-- ARGV  1 id of the link that began the visit  2 id of the reset  3 delay ms  4 sealed job that does it  5 sealed mail
--       6 audit (lib/audit.lua)
-- Returns  status (0 scheduled, 1 the visit holds no more, 2 changes are restricted, 3 no address, 4 nothing to reset,
--       5 one is on its way), when it is due ms
local SCHEDULED, OVER, IS_RESTRICTED, NO_ADDRESS, NOTHING, PENDING = 0, 1, 2, 3, 4, 5
local now_ms = floor(now_us() / 1000)
local rules = read_rules(KEYS[2])
local user = rules and read_user(KEYS[1], rules)
local fields = call('HMGET', KEYS[1], 'g', 'Z')
if not user or not is_current(fields[1], ARGV[1]) then return { OVER, 0 } end
if band(user.marks, RESTRICTED) ~= 0 then return { IS_RESTRICTED, 0 } end
if band(user.marks, ADDRESS) == 0 then return { NO_ADDRESS, 0 } end
if band(user.enrolled, bnot(EMAIL)) == 0 then return { NOTHING, 0 } end
if fields[2] then return { PENDING, (struct.unpack('<d', fields[2])) } end

local due = now_ms + ARGV[3]
call('HSET', KEYS[1], 'Z', struct.pack('<d', due) .. ARGV[2])
call('ZADD', KEYS[3], due, ARGV[4], now_ms, ARGV[5])
audit(KEYS[4], ARGV[6], 'reset_scheduled')
return { SCHEDULED, due }
