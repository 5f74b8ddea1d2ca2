-- uses: call clock settings user budget fence audit challenge device attempt
-- Checks a code and if it is right passes the challenge: all in one step, so that no code is right twice, and a wrong one
-- counts before anything is said. Of a code by mail and of a recovery code the store holds digests; one of an app has been
-- compared by the server, with what read_sealed.lua handed out, and counts if that still holds.
--
-- KEYS  those of an attempt (lib/attempt.lua)
-- ARGV  1 factor (1 email, 2 TOTP, 8 recovery code)  2 wrong tries that end the challenge  3 sealed job of the notice of a
--       used recovery code  4 notices of a spent budget (lib/attempt.lua)  5 audit (lib/audit.lua)
--       of TOTP: 6 the sealed key that was read, "" for none  7 what was found (store::Compared)  8 the step, of a right
--       one
--       else: 6.. digests of the code, one for each pepper; none for what cannot be a recovery code of ours
-- Returns  state of the challenge (lib/challenge.lua; 0 passed), now ms, tries left, wait ms
local FIRST_DIGEST = 6
local RIGHT, SPENT, MALFORMED, TOO_WEAK = '1', '2', '3', '4'
local format = string.format
local factor, tries = tonumber(ARGV[1]), tonumber(ARGV[2])
local now_ms = floor(now_us() / 1000)
local rules = read_rules(KEYS[2])
local user = rules and read_user(KEYS[1], rules)
local state, wrong, factors, device, address, recovers =
  challenge_state(KEYS[3], now_ms, tries, fence_of(KEYS[5]))
if not user then state = CH_UNKNOWN end

-- Ends the script.
local function conclude(outcome, left, wait)
  if outcome ~= CH_UNKNOWN then audit(KEYS[6], ARGV[5], 'verification', factor, OUTCOMES[outcome], address) end
  return { outcome, now_ms, left or 0, wait or 0 }
end
if state ~= CH_OPEN then return conclude(state) end
-- It may have been removed or forbidden since the challenge was opened.
local now_usable = usable_now(rules, user, recovers)
if band(factors, now_usable, factor) == 0 then return conclude(CH_NOT_OFFERED) end
local place = place_of_attempt(device, now_ms)
local failures, last = failures_at(place, ARGV[1])
local wait = wait_of(failures, last, now_ms)
if wait < 0 then return conclude(CH_DISABLED) end
if wait > 0 then return conclude(CH_WAITING, 0, wait) end

local function is_one_of_ours(digest)
  for i = FIRST_DIGEST, #ARGV do if ARGV[i] == digest then return true end end
  return false
end

local right, spent = false, false
local values = {} -- of his record, to be written if it is right
local codes_of_user = factor == RECOVERY_CODE and call('HMGET', KEYS[1], 'R', 'H', 'V')
if factor == TOTP then
  local read, found, step = ARGV[6], ARGV[7], ARGV[8]
  local key, last_step = unpack(call('HMGET', KEYS[1], 'T', 'S'))
  if not key then error('TOTP is bound, and there is no key') end
  -- What was compared may not be his factor any more. It is sealed anew each time, so that no two keys are alike.
  if key ~= read then return { CH_BUSY, now_ms, 0, 0 } end
  if found == TOO_WEAK then return conclude(CH_NOT_OFFERED) end
  if found == MALFORMED then return { CH_NOT_A_CODE, now_ms, tries - wrong, 0 } end
  right, spent = found == RIGHT, found == SPENT
  if right then
    spent = tonumber(step) <= tonumber(last_step or -1)
    values = { 'S', step }
  end
elseif factor == EMAIL then
  local codes = call('HMGET', KEYS[3], 'e0', 'e1', 'e2', 'f0', 'f1', 'f2', 'a')
  -- A changed address voids what went to the old one.
  local here = codes[7] and codes[7] == call('HGET', KEYS[1], 'h')
  for i = 1, 3 do
    if here and codes[i] and tonumber(codes[i]) > now_ms and is_one_of_ours(codes[i + 3]) then right = true end
  end
elseif codes_of_user[1] then
  -- Recovery codes: B version, d when they were made ms, I2 those that are used (bits), then a digest of 16 bytes each.
  local stored = codes_of_user[1]
  local version, made, used = struct.unpack('<BdI2', stored)
  if version ~= 1 then error('recovery codes of an unknown format') end
  for i = 0, (#stored - 11) / 16 - 1 do
    local digest = string.sub(stored, 12 + 16 * i, 27 + 16 * i)
    if is_one_of_ours(digest) then
      if band(used, lshift(1, i)) ~= 0 then spent = true else
        right = true
        -- What is remembered of used codes outlives them, for an import that brings them again.
        values = { 'R', struct.pack('<BdI2', version, made, bor(used, lshift(1, i))) .. string.sub(stored, 12),
                   'V', string.sub((codes_of_user[3] or '') .. string.sub(digest, 1, 8), -512) }
      end
    end
  end
end
if spent then return conclude(CH_SPENT, tries - wrong) end
if not right and factor == RECOVERY_CODE then
  -- Codes that were brought from elsewhere are hashed in ways that are not known here. It is no outcome yet.
  if codes_of_user[2] then return { CH_TO_COMPARE, now_ms, tries - wrong, 0 } end
  if not ARGV[FIRST_DIGEST] then return { CH_NOT_A_CODE, now_ms, tries - wrong, 0 } end
end
if not right then
  call('HINCRBY', KEYS[3], 'w', 1)
  local told = conclude(CH_WRONG, tries - wrong - 1, math.max(0, wait_of(failures + 1, now_ms, now_ms)))
  count_failure(place, ARGV[1], failures, now_ms, user.marks, ARGV[5], ARGV[4], address)
  return told
end

local at = format('%d', now_ms)
-- Half of a recovery is no second factor passed.
if not recovers then
  local n = #values
  values[n + 1], values[n + 2] = 't', at
  if factor ~= EMAIL then values[n + 3], values[n + 4] = 'q', at end
end
if #values > 0 then call('HSET', KEYS[1], unpack(values)) end
if failures > 0 then forget_failures(place, ARGV[1]) end
call('HSET', KEYS[3], 'd', at)
if factor == EMAIL then call('HDEL', KEYS[3], 'e0', 'e1', 'e2', 'f0', 'f1', 'f2') end
if factor == RECOVERY_CODE then
  audit(KEYS[6], ARGV[5], 'recovery_code_used', factor, '', address)
  if band(user.marks, ADDRESS) ~= 0 then call('ZADD', KEYS[7], now_ms, ARGV[3]) end
end
return conclude(CH_OPEN, tries - wrong)
