-- Notices of what a user can do over and over: at most 20 an hour, whose arrival time is the field o of his record. What
-- is not told is done, and in the audit stream.
local NOTICES, NOTICE_PERIOD_US = 20, 3600000000

local function owe_notice(user_key, due_key, job, now)
  local within, tat = gcra(now, call('HGET', user_key, 'o'), NOTICE_PERIOD_US, NOTICES, 1)
  if not within then return end
  call('HSET', user_key, 'o', string.format('%.0f', tat))
  call('ZADD', due_key, floor(now / 1000), job)
end
