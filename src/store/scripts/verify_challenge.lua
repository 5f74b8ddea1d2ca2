-- uses: call clock settings budget challenge
-- Checks a code by mail or a recovery code, of which the store holds digests, and if it is right passes the challenge:
-- all in one step, so that no code is right twice. A wrong one counts before anything is said.
--
-- KEYS  his record, the tenant's rules in his partition, the challenge, due notices
-- ARGV  1 factor (1 email, 8 recovery code)  2 wrong tries that end the challenge  3 sealed job of the notice of a used
--       recovery code  4.. digests of the code, one for each pepper
-- Returns  state of the challenge (lib/challenge.lua; 0 passed), now ms, tries left, wait ms
local factor, tries = tonumber(ARGV[1]), tonumber(ARGV[2])
local now_ms = floor(now_us() / 1000)
local rules = read_rules(KEYS[2])
local user = call('HMGET', KEYS[1], 's', 'F' .. ARGV[1], 'R', 'h')
local state, wrong, factors = challenge_state(KEYS[3], now_ms, tries)
if not rules or not user[1] then state = CH_UNKNOWN end
if state ~= CH_OPEN then return { state, now_ms, 0, 0 } end
local _, _, enrolled, marks = unpack_settings(user[1])
-- It may have been removed since the challenge was opened.
if band(factors, usable(rules, enrolled, marks), factor) == 0 then return { CH_NOT_OFFERED, now_ms, 0, 0 } end
local failures, last = failures_of(user[2])
local wait = wait_of(failures, last, now_ms)
if wait < 0 then return { CH_DISABLED, now_ms, 0, 0 } end
if wait > 0 then return { CH_WAITING, now_ms, 0, wait } end

local function is_one_of_ours(digest)
  for i = 4, #ARGV do if ARGV[i] == digest then return true end end
  return false
end

local right, spent, codes_after = false, false, nil
if factor == EMAIL then
  local codes = call('HMGET', KEYS[3], 'e0', 'e1', 'e2', 'f0', 'f1', 'f2', 'a')
  -- A changed address voids what went to the old one.
  local here = codes[7] and codes[7] == user[4]
  for i = 1, 3 do
    if here and codes[i] and tonumber(codes[i]) > now_ms and is_one_of_ours(codes[i + 3]) then right = true end
  end
else
  -- Recovery codes: B version, d when they were made ms, I2 those that are used (bits), then a digest of 16 bytes each.
  local version, made, used = struct.unpack('<BdI2', user[3])
  if version ~= 1 then error('recovery codes of an unknown format') end
  for i = 0, (#user[3] - 11) / 16 - 1 do
    if is_one_of_ours(string.sub(user[3], 12 + 16 * i, 27 + 16 * i)) then
      if band(used, lshift(1, i)) ~= 0 then spent = true else
        right = true
        codes_after = struct.pack('<BdI2', version, made, bor(used, lshift(1, i))) .. string.sub(user[3], 12)
      end
    end
  end
end
if spent then return { CH_SPENT, now_ms, tries - wrong, 0 } end
if not right then
  count_failure(KEYS[1], ARGV[1], failures, now_ms)
  call('HINCRBY', KEYS[3], 'w', 1)
  return { CH_WRONG, now_ms, tries - wrong - 1, math.max(0, wait_of(failures + 1, now_ms, now_ms)) }
end

-- Half of a recovery is no second factor passed.
if call('HEXISTS', KEYS[3], 'r') == 0 then call('HSET', KEYS[1], 't', now_ms) end
if failures > 0 then call('HDEL', KEYS[1], 'F' .. ARGV[1]) end
call('HSET', KEYS[3], 'd', now_ms)
call('HDEL', KEYS[3], 'e0', 'e1', 'e2', 'f0', 'f1', 'f2')
if codes_after then
  call('HSET', KEYS[1], 'R', codes_after)
  if band(marks, ADDRESS) ~= 0 then call('ZADD', KEYS[4], now_ms, ARGV[3]) end
end
return { CH_OPEN, now_ms, tries - wrong, 0 }
