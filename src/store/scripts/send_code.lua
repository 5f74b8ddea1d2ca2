-- uses: call clock gcra settings link
-- Puts a fresh code behind an enrollment link and its mail into the queue. A link holds the last three codes, so that
-- a resend does not void the one on its way; all of them share the link's wrong tries.
--
-- KEYS  his record, the link, due code mails
-- ARGV  1 link id  2 digest of the code  3 lifetime of a code, ms  4 wrong tries that end the link
--       5, 6 gap: period us, limit  7, 8 budget: period us, limit  9 sealed job
-- Returns  state of the link (lib/link.lua; 7 over the send budget; 8 no address), end of the code ms, retry us
local OVER_BUDGET, NO_ADDRESS = 7, 8
local now = now_us()
local now_ms = floor(now / 1000)
local user = call('HMGET', KEYS[1], 's', 'g', 'c', 'd')
local state = link_state(KEYS[2], ARGV[1], user, now_ms, tonumber(ARGV[4]))
if state ~= LINK_OK then return { state, 0, 0 } end
if band(tonumber(user[1]), ADDRESS) == 0 then return { NO_ADDRESS, 0, 0 } end

local gap, gap_tat, _, gap_retry = gcra(now, user[3], tonumber(ARGV[5]), tonumber(ARGV[6]), 1)
local budget, budget_tat, _, budget_retry = gcra(now, user[4], tonumber(ARGV[7]), tonumber(ARGV[8]), 1)
if not (gap and budget) then return { OVER_BUDGET, 0, math.max(gap_retry, budget_retry) } end

local ends = now_ms + ARGV[3]
local turn = call('HINCRBY', KEYS[2], 'n', 1) % 3
call('HSET', KEYS[2], 'e' .. turn, ends, 'f' .. turn, ARGV[2])
call('HSET', KEYS[1], 'c', gap_tat, 'd', budget_tat)
call('ZADD', KEYS[3], now_ms, ARGV[9])
return { LINK_OK, ends, 0 }
