-- uses: call clock fence
-- Hands out what a comparison with a sealed key needs. Nothing depends on it but the comparison: whether it counts, and
-- as what, is decided by verify_challenge.lua.
--
-- KEYS  1 his record  2 the fence
-- ARGV  fields of his record
-- Returns  now ms, the fence ms, version of his settings, then the fields
local answer = { floor(now_us() / 1000), fence_of(KEYS[2]) }
local fields = call('HMGET', KEYS[1], 'v', unpack(ARGV))
answer[3] = tonumber(fields[1] or 0)
for i = 1, #ARGV do answer[3 + i] = fields[1 + i] end
return answer
