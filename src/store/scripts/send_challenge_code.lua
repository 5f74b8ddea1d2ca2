-- uses: call clock gcra settings budget challenge
-- Puts a fresh code behind a challenge and its mail into the queue. A challenge holds the last three codes, so that a
-- resend does not void the one on its way.
--
-- KEYS  his record, the tenant's rules in his partition, the challenge, due code mails
-- ARGV  1 digest of the code  2 lifetime of a code, ms  3 wrong tries that end the challenge
--       4, 5 gap: period us, limit  6, 7 budget: period us, limit  8 sealed job
-- Returns  state of the challenge (lib/challenge.lua), end of the code ms, retry ms
local now = now_us()
local now_ms = floor(now / 1000)
local rules = read_rules(KEYS[2])
local user = call('HMGET', KEYS[1], 's', 'c', 'd', 'F1', 'h')
local state, _, factors = challenge_state(KEYS[3], now_ms, tonumber(ARGV[3]))
if not rules or not user[1] then state = CH_UNKNOWN end
if state ~= CH_OPEN then return { state, 0, 0 } end
local _, _, _, marks = unpack_settings(user[1])
if band(factors, EMAIL) == 0 then return { CH_NOT_OFFERED, 0, 0 } end
if band(marks, ADDRESS) == 0 then return { CH_NO_ADDRESS, 0, 0 } end
local failures, last = failures_of(user[4])
if wait_of(failures, last, now_ms) < 0 then return { CH_DISABLED, 0, 0 } end

local gap, gap_tat, _, gap_retry = gcra(now, user[2], tonumber(ARGV[4]), tonumber(ARGV[5]), 1)
local budget, budget_tat, _, budget_retry = gcra(now, user[3], tonumber(ARGV[6]), tonumber(ARGV[7]), 1)
if not (gap and budget) then return { CH_OVER_BUDGET, 0, ceil(math.max(gap_retry, budget_retry) / 1000) } end

local ends = now_ms + ARGV[2]
local turn = call('HINCRBY', KEYS[3], 'n', 1) % 3
call('HSET', KEYS[3], 'e' .. turn, ends, 'f' .. turn, ARGV[1], 'a', user[5])
call('HSET', KEYS[1], 'c', gap_tat, 'd', budget_tat)
call('ZADD', KEYS[4], now_ms, ARGV[8])
return { CH_OPEN, ends, 0 }
