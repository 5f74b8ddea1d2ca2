-- uses: call clock settings audit device
-- Forgets one remembered device of a user, or all of them.
--
-- KEYS  his record, his remembered devices, the audit stream, due notices
-- ARGV  1 the device, "" for all  2 sealed job of the notice  3 audit (lib/audit.lua)
-- Returns  how many were forgotten; -1 when there is no such user
local now_ms = floor(now_us() / 1000)
local packed = call('HGET', KEYS[1], 's')
if not packed then return -1 end
local ids
if ARGV[1] == '' then ids = live_devices(KEYS[2], now_ms)
else ids = read_device(KEYS[2], ARGV[1], now_ms) and { ARGV[1] } or {} end
if #ids == 0 then return 0 end
for _, id in ipairs(ids) do forget_device(KEYS[2], id) end
audit(KEYS[3], ARGV[3], 'device_revoked')
local _, _, _, marks = unpack_settings(packed)
if band(marks, ADDRESS) ~= 0 then call('ZADD', KEYS[4], now_ms, ARGV[2]) end
return #ids
