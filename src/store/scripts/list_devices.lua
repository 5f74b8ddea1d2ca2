-- uses: call clock device
-- The remembered devices of a user.
--
-- KEYS  his record, his remembered devices
-- Returns  1 when there is such a user, else 0; then for each device its id, label, when it was remembered, last used and
--          ends, ms
local answer, n = { call('EXISTS', KEYS[1]) }, 1
local ids, devices = live_devices(KEYS[2], floor(now_us() / 1000))
for i, id in ipairs(ids) do
  local device = devices[i]
  answer[n + 1], answer[n + 2] = id, device.label
  answer[n + 3], answer[n + 4], answer[n + 5] = device.created, device.used, device.ends
  n = n + 5
end
return answer
