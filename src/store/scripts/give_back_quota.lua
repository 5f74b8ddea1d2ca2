-- uses: call clock
-- Gives back requests that were taken from a quota and not used. An arrival time that has passed is none; where others
-- have taken since what had come back by itself, as many of theirs as are given back are not counted.
--
-- KEYS  quota
-- ARGV  1 period us  2 limit  3 how many
-- Returns  1
local stored = call('GET', KEYS[1])
if not stored then return 1 end
local now = now_us()
local tat = floor(tonumber(stored) - ARGV[1] / ARGV[2] * ARGV[3] + 0.5)
if tat <= now then
  call('DEL', KEYS[1])
else
  call('SET', KEYS[1], tat, 'PX', math.max(1, ceil((tat - now) / 1000)))
end
return 1
