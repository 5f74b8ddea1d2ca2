-- uses: call clock settings audit link_record budget link
-- Cancels the reset of a user's lost factors; its job finds it gone when it is due.
--
-- KEYS  his record, the audit stream
-- ARGV  1 id of the reset, as its mail has it, or "": the one that there is  2 with "": id of the link that began the visit
--       3 audit (lib/audit.lua)
-- Returns  1 cancelled, 0 there is none of this id, or the visit holds no more
local fields = call('HMGET', KEYS[1], 'g', 'Z')
if not fields[2] then return 0 end
if ARGV[1] ~= '' and string.sub(fields[2], 9) ~= ARGV[1] then return 0 end
if ARGV[1] == '' and not is_current(fields[1], ARGV[2]) then return 0 end
call('HDEL', KEYS[1], 'Z')
audit(KEYS[2], ARGV[3], 'reset_cancelled')
return 1
