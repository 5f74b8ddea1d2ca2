-- Consecutive failures of a user with one type of factor: over all his challenges, with no window, ended by a success
-- alone. In the field F<bit of the type> of his record: B failures, d time of the last, ms. After the fifth the next try
-- has to wait, longer each time; the tenth disables the factor. Reference: domain::AttemptBudget.
local BUDGET = 10
local WAITS_MS = { [5] = 30000, [6] = 120000, [7] = 600000, [8] = 1800000, [9] = 3600000 }

local function failures_of(field)
  if not field then return 0, 0 end
  return struct.unpack('<Bd', field)
end

-- Milliseconds until the next try; -1 when there is none any more.
local function wait_of(failures, last, now_ms)
  if failures >= BUDGET then return -1 end
  return math.max(0, last + (WAITS_MS[failures] or 0) - now_ms)
end

local function pack_failures(failures, last)
  return struct.pack('<Bd', math.min(failures, 255), last)
end
