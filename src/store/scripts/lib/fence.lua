-- When the store was last found restarted (bootstrap.lua), ms; 0: never. What is older may have been used since, and
-- forgotten by the restart.
local function fence_of(key)
  return tonumber(call('GET', key) or 0)
end
