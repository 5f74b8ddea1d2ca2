-- uses: call clock settings user audit link_record
-- Does a reset of lost factors that is due, unless it was cancelled: they are unbound, their user is told, and gets a link to
-- enroll anew.
--
-- KEYS  his record, the tenant's rules in his partition, due notices, due link mails, the link,
--       his remembered devices, the audit stream
-- ARGV  1 id of the reset  2 factors that are unbound (bits)  3 sealed job of the notice  4 tenant  5 user  6 link id
--       7 life of the link ms  8 sealed job of its mail  9 audit (lib/audit.lua)
--       10.. fields of his record that go
-- Returns  1 done, 0 it was cancelled or done before, or changes have been restricted
local now_ms = floor(now_us() / 1000)
local rules = read_rules(KEYS[2])
local user = rules and read_user(KEYS[1], rules)
local reset = call('HGET', KEYS[1], 'Z')
if not user or not reset or string.sub(reset, 9) ~= ARGV[1] then return 0 end
if struct.unpack('<d', reset) > now_ms then return 0 end
if band(user.marks, RESTRICTED) ~= 0 then
  call('HDEL', KEYS[1], 'Z') -- since he asked for it: changes are not his any more
  return 0
end

user.enrolled = band(user.enrolled, bnot(tonumber(ARGV[2])))
write_user(KEYS[1], user, 'g', ARGV[6])
call('HDEL', KEYS[1], 'Z', 't', 'q', unpack(ARGV, 10))
call('DEL', KEYS[6])
audit(KEYS[7], ARGV[9], 'factors_reset')
local life = tonumber(ARGV[7])
call('SET', KEYS[5], struct.pack(LINK_RECORD, LINK_RECORD_VERSION, KIND_ENROLL, BY_SERVER, now_ms + life, now_ms, 1, 0,
                                #ARGV[4]) ..
     ARGV[4] .. ARGV[5], 'PX', life + LINK_KEPT_MS)
if band(user.marks, ADDRESS) ~= 0 then
  call('ZADD', KEYS[3], now_ms, ARGV[3])
  call('ZADD', KEYS[4], now_ms, ARGV[8])
end
return 1
