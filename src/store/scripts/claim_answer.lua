-- uses: call
-- Claims an idempotency key for a request whose whole answer is to be kept. A record is the request's fingerprint (32
-- bytes), then ">" and the id of the claim while the work is being done, or "=" and the sealed answer.
--
-- KEYS  the key's record
-- ARGV  1 fingerprint  2 id of the claim  3 its life ms
-- Returns  0 claimed, 1 the key belongs to another request, 2 the work is being done; or { the sealed answer }
local CLAIMED, REUSED, BUSY = 0, 1, 2
local record = call('GET', KEYS[1])
if not record then
  call('SET', KEYS[1], ARGV[1] .. '>' .. ARGV[2], 'PX', ARGV[3])
  return CLAIMED
end
if string.sub(record, 1, 32) ~= ARGV[1] then return REUSED end
if string.sub(record, 33, 33) == '>' then return BUSY end
return { string.sub(record, 34) }
