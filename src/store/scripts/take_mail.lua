-- uses: call clock gcra
-- Counts a mail that is about to be sent against all of its limits, or against none when one of them has no room.
--
-- KEYS  for each limit: its arrival time
-- ARGV  for each limit: period us, limit
-- Returns  packed, for each limit: <B allowed, I4 remaining, d retry us, d reset us
local now = now_us()
local within, verdicts, tats, resets = true, '', {}, {}
local stored = call('MGET', unpack(KEYS))
for i = 1, #KEYS do
  local allowed, tat, remaining, retry, reset =
    gcra(now, stored[i], tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i]), 1)
  tats[i], resets[i], within = tat, reset, within and allowed
  verdicts = verdicts .. struct.pack('<BI4dd', allowed and 1 or 0, remaining, retry, reset)
end
for i = 1, #KEYS do
  local period = tonumber(ARGV[2 * i - 1])
  if within then
    call('SET', KEYS[i], tats[i], 'PX', math.max(1, ceil(resets[i] / 1000)))
  elseif stored[i] and tonumber(stored[i]) > now + period then -- as keep_clipped
    call('SET', KEYS[i], now + period, 'PX', ceil(period / 1000))
  end
end
return verdicts
