-- uses: call clock gcra settings user fence link_record budget link
-- Puts a fresh code behind an enrollment link and its mail into the queue. A link holds the last three codes, so that
-- a resend does not void the one on its way; all of them share the link's wrong tries.
--
-- KEYS  his record, the tenant's rules in his partition, the link, what happened to it, due code mails, the fence
-- ARGV  1 link id  2 digest of the code  3 lifetime of a code, ms  4 wrong tries that end the link
--       5, 6 gap: period us, limit  7, 8 budget: period us, limit  9 sealed job
--       10 visit (0 none, 1 asked in one, 2 in one that was proved)  11 age of proof ms
-- Returns  state of the link (lib/link.lua; 7 over the send budget; 8 no address; 10 email is not allowed; 11 MFA is
--       active and to be proved first), end of the code ms, retry us
local OVER_BUDGET = 7
local now = now_us()
local now_ms = floor(now / 1000)
local rules = read_rules(KEYS[2])
local fields = call('HMGET', KEYS[1], 's', 'g', 'c', 'd', 'F1')
local state, _, _, link_ends, _, factors, by =
  link_state(KEYS[3], KEYS[4], ARGV[1], fields, now_ms, tonumber(ARGV[4]), fence_of(KEYS[6]), ARGV[10] ~= '0')
if state ~= LINK_OK then return { state, 0, 0 } end
if not rules then return { LINK_UNKNOWN, 0, 0 } end
local user = read_user(KEYS[1], rules)
local is_proved = ARGV[10] == '2' and not lacks_proof(user, rules, now_ms, tonumber(ARGV[11]))
local failures = failures_of(fields[5])
if fields[2] ~= ARGV[1] then factors = 0 end
state = code_state(user, rules, by, factors, is_proved, failures)
if state ~= LINK_OK then return { state, 0, 0 } end

local gap, gap_tat, _, gap_retry = gcra(now, fields[3], tonumber(ARGV[5]), tonumber(ARGV[6]), 1)
local budget, budget_tat, _, budget_retry = gcra(now, fields[4], tonumber(ARGV[7]), tonumber(ARGV[8]), 1)
if not (gap and budget) then
  keep_within(KEYS[1], 'c', now, fields[3], tonumber(ARGV[5]))
  keep_within(KEYS[1], 'd', now, fields[4], tonumber(ARGV[7]))
  return { OVER_BUDGET, 0, math.max(gap_retry, budget_retry) }
end

local ends = now_ms + ARGV[3]
local turn = call('HINCRBY', KEYS[4], 'n', 1) % 3
call('HSET', KEYS[4], 'e' .. turn, ends, 'f' .. turn, ARGV[2])
call('HSET', KEYS[1], 'c', gap_tat, 'd', budget_tat)
keep_events(KEYS[4], link_ends, now_ms)
call('ZADD', KEYS[5], now_ms, ARGV[9])
return { LINK_OK, ends, 0 }
