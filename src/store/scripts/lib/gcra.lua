-- One step of the generic cell rate algorithm; its reference is domain::gcra (domain/rate_limit.hpp).
-- `stored` is the theoretical arrival time that the field holds, or false. Store the new one only when every policy of
-- the decision allows. Returns allowed, new arrival time, remaining, retry_us, reset_us.
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
