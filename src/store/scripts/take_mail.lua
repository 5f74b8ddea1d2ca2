-- uses: call clock gcra
-- Counts a mail that is about to be sent against all of its limits, or against none when one that binds has no room.
--
-- KEYS  for each limit: its arrival time
-- ARGV  for each limit: period us, limit, binds (0, 1)
-- Returns  packed, for each limit: <B allowed, I4 remaining, d retry us, d reset us
local now = now_us()
local within, verdicts, tats = true, '', {}
local stored = call('MGET', unpack(KEYS))
for i = 1, #KEYS do
  local period, limit, binds = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), ARGV[3 * i] == '1'
  local allowed, tat, remaining, retry, reset = gcra(now, stored[i], period, limit, 1)
  -- Over one that does not bind: all of it is used up.
  tats[i] = allowed and tat or now + period
  within = within and (allowed or not binds)
  verdicts = verdicts .. struct.pack('<BI4dd', allowed and 1 or 0, remaining, retry, reset)
end
for i = 1, #KEYS do
  local period = tonumber(ARGV[3 * i - 2])
  if within then
    call('SET', KEYS[i], tats[i], 'PX', math.max(1, ceil((tats[i] - now) / 1000)))
  elseif lies_too_far(now, stored[i], period) then
    call('SET', KEYS[i], now + period, 'PX', ceil(period / 1000))
  end
end
return verdicts
