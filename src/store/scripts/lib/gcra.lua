-- One step of the generic cell rate algorithm; its reference is domain::gcra (domain/rate_limit.hpp).
-- `stored` is the theoretical arrival time that the field holds, or false. Store the new one only when every policy of
-- the decision allows; on a refusal, those that lie too far ahead. Returns allowed, new arrival time, remaining,
-- retry_us, reset_us.
local function gcra(now, stored, period, limit, cost)
  local interval = period / limit
  local tat = stored and tonumber(stored) or now
  if tat < now then tat = now elseif tat > now + period then tat = now + period end
  local new = tat + interval * cost
  if new - period <= now then
    return true, floor(new + 0.5), floor((now + period - new) / interval), 0, ceil(new - now)
  end
  return false, tat, floor((now + period - tat) / interval), ceil(new - period - now), ceil(tat - now)
end

-- A clock that stepped back, or a policy that shrank, costs one period at most: but that period has to begin some time,
-- so on a refusal what lies further ahead is stored as one period.
local function lies_too_far(now, stored, period)
  return stored and tonumber(stored) > now + period
end

local function keep_within(key, field, now, stored, period)
  if lies_too_far(now, stored, period) then call('HSET', key, field, now + period) end
end
