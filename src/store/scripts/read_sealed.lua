-- uses: call clock fence
-- Hands out what a comparison with a sealed key needs. Nothing depends on it but the comparison: whether it counts, and
-- as what, is decided by verify_challenge.lua.
--
-- KEYS  1 his record  2 the fence
-- ARGV  fields of his record
-- Returns  now ms, the fence ms, then the fields
local answer = { floor(now_us() / 1000), fence_of(KEYS[2]) }
for i, value in ipairs(call('HMGET', KEYS[1], unpack(ARGV))) do answer[2 + i] = value end
return answer
