-- uses: call settings link_record budget clock link
-- Cancels the reset of a user's lost factors; its job finds it gone when it is due.
--
-- KEYS  his record
-- ARGV  1 id of the reset, as its mail has it, or "": the one that there is  2 with "": id of the link that began the visit
-- Returns  1 cancelled, 0 there is none of this id, or the visit holds no more
local fields = call('HMGET', KEYS[1], 'g', 'Z')
if not fields[2] then return 0 end
if ARGV[1] ~= '' and string.sub(fields[2], 9) ~= ARGV[1] then return 0 end
if ARGV[1] == '' and not is_current(fields[1], ARGV[2]) then return 0 end
call('HDEL', KEYS[1], 'Z')
return 1
