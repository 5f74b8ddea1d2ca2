-- An attempt to pass a challenge. The scripts of attempts have the same keys (CHALLENGE_KEYS): 1 his record, 2 the
-- tenant's rules in his partition, 3 the challenge, 4 his remembered devices, 5 the fence, 6 the audit stream, 7 due
-- notices.
local OUTCOMES = { [0] = 'passed', 'unknown', 'expired', 'used', 'exhausted', 'not_offered', 'disabled', 'waiting',
                   'busy', 'wrong', 'spent' }

-- Where it counts: with a device that is still remembered at the device, else at the user.
local function place_of_attempt(device, now_ms)
  if device and read_device(KEYS[4], device, now_ms) then return { key = KEYS[4], prefix = device, device = device } end
  return { key = KEYS[1], prefix = '' }
end

local function failures_at(place, bit_name)
  return failures_of(call('HGET', place.key, place.prefix .. 'F' .. bit_name))
end

local function forget_failures(place, bit_name)
  call('HDEL', place.key, place.prefix .. 'F' .. bit_name)
end

-- The mark of an attempt in flight: d its end ms, id of the attempt (8 bytes), version of the user's settings, which a
-- change of his factors raises. Attempts with a passkey, or a recovery code from elsewhere, write back what they have read,
-- so there is one for all, at the user.
local function mark_of(bit_name) return 'M' .. bit_name end

-- One more failure at `at`, of several types none: an account of a million tries is no longer than one of ten. The last
-- one of the budget disables the factor; at a device it ends the device, so that what follows counts at the user. Both
-- are told to the user. `notices` are two sealed jobs, each after its length (I2).
local function count_failure(place, bit_name, failures, at, marks, context, notices, address)
  call('HSET', place.key, place.prefix .. 'F' .. bit_name, pack_failures(failures + 1, at))
  if failures + 1 ~= BUDGET then return end
  local disabled, revoked = struct.unpack('<I2c0I2c0', notices)
  if place.device then forget_device(KEYS[4], place.device) end
  audit(KEYS[6], context, place.device and 'device_revoked' or 'factor_disabled', bit_name, '', address)
  if band(marks, ADDRESS) ~= 0 then call('ZADD', KEYS[7], at, place.device and revoked or disabled) end
end
