-- uses: call clock gcra settings user budget fence audit challenge device attempt
-- Puts a fresh code behind a challenge and its mail into the queue. A challenge holds the last three codes, so that a
-- resend does not void the one on its way.
--
-- KEYS  those of an attempt (lib/attempt.lua), and 8 due code mails
-- ARGV  1 digest of the code  2 lifetime of a code, ms  3 wrong tries that end the challenge
--       4, 5 gap: period us, limit  6, 7 budget: period us, limit  8 sealed job  9 id of the job
-- Returns  state of the challenge (lib/challenge.lua), end of the code ms, retry ms
local now = now_us()
local now_ms = floor(now / 1000)
local rules = read_rules(KEYS[2])
local user = rules and read_user(KEYS[1], rules)
local state, _, factors, device, _, recovers =
  challenge_state(KEYS[3], now_ms, tonumber(ARGV[3]), fence_of(KEYS[5]))
if not user then state = CH_UNKNOWN end
if state ~= CH_OPEN then return { state, 0, 0 } end
local now_usable = usable_now(rules, user, recovers)
if band(factors, EMAIL) ~= 0 and band(user.marks, ADDRESS) == 0 then return { CH_NO_ADDRESS, 0, 0 } end
if band(factors, now_usable, EMAIL) == 0 then return { CH_NOT_OFFERED, 0, 0 } end
local place = place_of_attempt(device, now_ms)
local failures, last = failures_at(place, '1')
if wait_of(failures, last, now_ms) < 0 then return { CH_DISABLED, 0, 0 } end

local tats = call('HMGET', place.key, place.prefix .. 'c', place.prefix .. 'd')
local gap, gap_tat, _, gap_retry = gcra(now, tats[1], tonumber(ARGV[4]), tonumber(ARGV[5]), 1)
local budget, budget_tat, _, budget_retry = gcra(now, tats[2], tonumber(ARGV[6]), tonumber(ARGV[7]), 1)
if not (gap and budget) then
  keep_within(place.key, place.prefix .. 'c', now, tats[1], tonumber(ARGV[4]))
  keep_within(place.key, place.prefix .. 'd', now, tats[2], tonumber(ARGV[6]))
  return { CH_OVER_BUDGET, 0, ceil(math.max(gap_retry, budget_retry) / 1000) }
end

-- No code outlives its challenge.
local ends = math.min(now_ms + ARGV[2], tonumber(call('HGET', KEYS[3], 'x')))
local turn = call('HINCRBY', KEYS[3], 'n', 1) % 3
call('HSET', KEYS[3], 'e' .. turn, ends, 'f' .. turn, ARGV[1], 'a', call('HGET', KEYS[1], 'h'), 'j', ARGV[9], 'm', 1)
call('HSET', place.key, place.prefix .. 'c', gap_tat, place.prefix .. 'd', budget_tat)
call('ZADD', KEYS[8], now_ms, ARGV[8])
return { CH_OPEN, ends, 0 }
