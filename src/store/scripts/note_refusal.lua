-- uses: call idempotency
-- Remembers the fingerprint of a request that was refused for its own content, so that its idempotency key cannot be
-- used for another one. The refusal itself follows from the content and is not stored.
--
-- KEYS  the key's record
-- ARGV  1 fingerprint  2 lifetime ms
-- Returns  0 noted or known, 1 the key belongs to another request
local answer = replay(KEYS[1], ARGV[1])
if answer and answer[1] == KEY_REUSED then return 1 end
if not answer then call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return 0
