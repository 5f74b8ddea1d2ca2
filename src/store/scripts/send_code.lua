-- uses: call clock gcra settings fence link_record link
-- Puts a fresh code behind an enrollment link and its mail into the queue. A link holds the last three codes, so that
-- a resend does not void the one on its way; all of them share the link's wrong tries.
--
-- KEYS  his record, the tenant's rules in his partition, the link, what happened to it, due code mails, the fence
-- ARGV  1 link id  2 digest of the code  3 lifetime of a code, ms  4 wrong tries that end the link
--       5, 6 gap: period us, limit  7, 8 budget: period us, limit  9 sealed job
-- Returns  state of the link (lib/link.lua; 7 over the send budget; 8 no address; 10 email is not allowed), end of the
--       code ms, retry us
local OVER_BUDGET = 7
local now = now_us()
local now_ms = floor(now / 1000)
local rules = read_rules(KEYS[2])
local user = call('HMGET', KEYS[1], 's', 'g', 'c', 'd', 'n')
local state, _, _, link_ends = link_state(KEYS[3], KEYS[4], ARGV[1], user, now_ms, tonumber(ARGV[4]),
                                             fence_of(KEYS[6]))
if state ~= LINK_OK then return { state, 0, 0 } end
if not rules then return { LINK_UNKNOWN, 0, 0 } end
local allowed, enabled, enrolled, marks = unpack_settings(user[1])
allowed, enabled, marks = fold(rules, allowed, enabled, marks, tonumber(user[5] or 0))
allowed, enabled = overlay(rules, allowed, enabled, marks)
state = code_state(rules, allowed, enabled, enrolled, marks)
if state ~= LINK_OK then return { state, 0, 0 } end

local gap, gap_tat, _, gap_retry = gcra(now, user[3], tonumber(ARGV[5]), tonumber(ARGV[6]), 1)
local budget, budget_tat, _, budget_retry = gcra(now, user[4], tonumber(ARGV[7]), tonumber(ARGV[8]), 1)
if not (gap and budget) then return { OVER_BUDGET, 0, math.max(gap_retry, budget_retry) } end

local ends = now_ms + ARGV[3]
local turn = call('HINCRBY', KEYS[4], 'n', 1) % 3
call('HSET', KEYS[4], 'e' .. turn, ends, 'f' .. turn, ARGV[2])
call('HSET', KEYS[1], 'c', gap_tat, 'd', budget_tat)
keep_events(KEYS[4], link_ends, now_ms)
call('ZADD', KEYS[5], now_ms, ARGV[9])
return { LINK_OK, ends, 0 }
