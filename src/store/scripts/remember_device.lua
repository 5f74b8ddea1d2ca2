-- uses: call clock audit device
-- Remembers the device from which a challenge was passed, once for a challenge: the one that it was opened with again, or
-- a new one, in whose favour the one that was used longest ago may have to go.
--
-- KEYS  his record, the challenge, his remembered devices, the audit stream
-- ARGV  1 id of a new device  2 label  3 life ms  4 most devices of a user  5 audit (lib/audit.lua)
-- Returns  id of the device and generation of its token; nothing when the challenge has not been passed, or what it
--          proved was voided since
local now_ms = floor(now_us() / 1000)
local user = call('HMGET', KEYS[1], 's', 't')
local challenge = call('HMGET', KEYS[2], 'd', 'v', 'y')
if not user[1] or not challenge[1] then return {} end
-- A reset or a changed address forgets the last authentication.
if tonumber(user[2] or 0) < tonumber(challenge[1]) then return {} end

local id = challenge[3] or challenge[2] or ARGV[1]
local device = read_device(KEYS[3], id, now_ms)
if challenge[3] then
  if not device then return {} end
  return { id, device.generation }
end
if not device then
  id = ARGV[1]
  device = { created = now_ms, generation = 0, issued = now_ms, label = '' }
  local ids, devices = live_devices(KEYS[3], now_ms)
  while #ids >= tonumber(ARGV[4]) do
    local oldest = 1
    for i = 2, #ids do if devices[i].used < devices[oldest].used then oldest = i end end
    forget_device(KEYS[3], ids[oldest])
    table.remove(ids, oldest)
    table.remove(devices, oldest)
  end
end
device.used, device.ends = now_ms, now_ms + ARGV[3]
if ARGV[2] ~= '' then device.label = ARGV[2] end
write_device(KEYS[3], id, device)
call('HSET', KEYS[2], 'y', id)
call('PEXPIREAT', KEYS[3], device.ends)
audit(KEYS[4], ARGV[5], 'device_remembered')
return { id, device.generation }
