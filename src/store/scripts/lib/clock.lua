local floor, ceil = math.floor, math.ceil

-- The store's own clock, in microseconds: one clock for every server that shares the store.
local function now_us()
  local t = call('TIME')
  return t[1] * 1000000 + t[2]
end
