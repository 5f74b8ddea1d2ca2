-- uses: call clock gcra
-- Takes one from a tenant's quota, and, for a request with an idempotency key, one of the places that its credential has
-- for live keys.
--
-- KEYS  quota; with an idempotency key: the live keys of its credential
-- ARGV  1 period us  2 limit (0: no quota)   with an idempotency key: 3 its hash, 4 lifetime ms, 5 places
-- Returns  packed <B allowed, I4 remaining, d retry us, d reset us, B place (1 taken or held, 0 none left, with retry us)
local now = now_us()
local allowed, tat, remaining, retry, reset = true, 0, 0, 0, 0
local limit = tonumber(ARGV[2])
if limit > 0 then
  allowed, tat, remaining, retry, reset = gcra(now, call('GET', KEYS[1]), tonumber(ARGV[1]), limit, 1)
  if allowed then call('SET', KEYS[1], tat, 'PX', math.max(1, ceil(reset / 1000))) end
end

local place = 1
if allowed and ARGV[3] then
  local now_ms = floor(now / 1000)
  call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now_ms)
  local held = call('ZSCORE', KEYS[2], ARGV[3])
  if not held then
    if call('ZCARD', KEYS[2]) >= tonumber(ARGV[5]) then
      local oldest = call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
      place, retry = 0, (tonumber(oldest[2]) - now_ms) * 1000
    else
      call('ZADD', KEYS[2], now_ms + ARGV[4], ARGV[3])
      call('PEXPIRE', KEYS[2], ARGV[4])
    end
  end
end
return struct.pack('<BI4ddB', allowed and 1 or 0, remaining, retry, reset, place)
