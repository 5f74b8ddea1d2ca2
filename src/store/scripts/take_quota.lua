-- uses: call clock gcra
-- Takes requests from a tenant's quota, as many as are wanted or else as many as are left; and, for a request with an
-- idempotency key, one of the places that its credential has for live keys: both or neither.
--
-- KEYS  quota; with an idempotency key: the live keys of its credential
-- ARGV  1 period us  2 limit (0: no quota)  3 wanted   with an idempotency key: 4 its hash, 5 lifetime ms, 6 places
-- Returns  packed <B allowed, I4 remaining, d retry us, d reset us, B place (1 taken or held, 0 none left, with retry us),
--          I4 taken
local now = now_us()
local now_ms = floor(now / 1000)
local period, limit, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local allowed, stored, tat, remaining, retry, reset = true, false, 0, 0, 0, 0
if limit > 0 then
  stored = call('GET', KEYS[1])
  allowed, tat, remaining, retry, reset = gcra(now, stored, period, limit, wanted)
  if not allowed and wanted > 1 then
    wanted = math.max(1, remaining)
    allowed, tat, remaining, retry, reset = gcra(now, stored, period, limit, wanted)
  end
  if not allowed and lies_too_far(now, stored, period) then
    call('SET', KEYS[1], now + period, 'PX', ceil(period / 1000))
  end
end

local wants_place, place = allowed and ARGV[4], 1
if wants_place then
  local live = '(' .. now_ms
  local ends = call('ZSCORE', KEYS[2], ARGV[4])
  if ends and tonumber(ends) > now_ms then
    wants_place = false
  elseif call('ZCOUNT', KEYS[2], live, '+inf') >= tonumber(ARGV[6]) then
    local first = call('ZRANGE', KEYS[2], live, '+inf', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
    place, retry = 0, (tonumber(first[2]) - now_ms) * 1000
    -- What is refused for want of a place takes nothing from the quota.
    if limit > 0 then
      local _
      _, _, remaining, _, reset = gcra(now, stored, period, limit, 0)
    end
  end
end

if allowed and place == 1 then
  if limit > 0 then call('SET', KEYS[1], tat, 'PX', math.max(1, ceil(reset / 1000))) end
  if wants_place then
    call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now_ms)
    call('ZADD', KEYS[2], now_ms + ARGV[5], ARGV[4])
    if call('PTTL', KEYS[2]) < tonumber(ARGV[5]) then call('PEXPIRE', KEYS[2], ARGV[5]) end
  end
end
return struct.pack('<BI4ddBI4', allowed and 1 or 0, remaining, retry, reset, place, wanted)
