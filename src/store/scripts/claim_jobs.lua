-- uses: call clock
-- Hands out due mail jobs under a lease, codes before links before notices, and takes back leases that ran out.
--
-- KEYS  for each partition: due codes, due links, due notices, leased
-- ARGV  1 partitions  2 jobs wanted  3 lease ms  4 take back (0, 1)  5 partition to begin with, 0-based
-- Returns  now ms, then for each job: index of its partition, job. A job begins with the digit of its class.
local partitions, wanted = tonumber(ARGV[1]), tonumber(ARGV[2])
local now_ms = floor(now_us() / 1000)
local jobs, n = { now_ms }, 1

if ARGV[4] == '1' then
  for p = 0, partitions - 1 do
    local leased = KEYS[4 * p + 4]
    for _, job in ipairs(call('ZRANGE', leased, '-inf', now_ms, 'BYSCORE', 'LIMIT', 0, 100)) do
      local class = string.match(job, '^[123]') or 3 -- the worker buries what it cannot read
      call('ZREM', leased, job)
      call('ZADD', KEYS[4 * p + tonumber(class)], now_ms, job)
    end
  end
end

-- Mostly there is nothing: one look for all keys says so.
if wanted == 0 or call('EXISTS', unpack(KEYS)) == 0 then return jobs end
local lease_end = now_ms + tonumber(ARGV[3])
for class = 1, 3 do
  for i = 0, partitions - 1 do
    local p = (tonumber(ARGV[5]) + i) % partitions
    local due, leased = KEYS[4 * p + class], KEYS[4 * p + 4]
    local left = wanted - (n - 1) / 2
    if left <= 0 then return jobs end
    for _, job in ipairs(call('ZRANGE', due, '-inf', now_ms, 'BYSCORE', 'LIMIT', 0, left)) do
      call('ZREM', due, job)
      call('ZADD', leased, lease_end, job)
      jobs[n + 1], jobs[n + 2] = p, job
      n = n + 2
    end
  end
end
return jobs
