-- uses: call clock settings link_record budget link
-- Notes that what an enrollment link was for is done; the visit that it began goes on.
--
-- KEYS  his record, the link, what happened to it
-- ARGV  1 link id  2 a factor was bound in the visit (0, 1): who binds one himself has just used it
-- Returns  1 spent now, 0 it was before, or holds no more
local now_ms = floor(now_us() / 1000)
local record, current = call('GET', KEYS[2]), call('HGET', KEYS[1], 'g')
if not is_current(current, ARGV[1]) then return 0 end
if ARGV[2] == '1' then call('HSET', KEYS[1], 't', now_ms, 'q', now_ms) end
if not record or current ~= ARGV[1] then return 0 end
local _, _, _, ends = struct.unpack(LINK_RECORD, record)
spend_link(KEYS[1], KEYS[3], ARGV[1], ends, now_ms)
return 1
