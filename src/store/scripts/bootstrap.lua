-- Says what this database was made for, writing it down the first time: nothing here may be read with other
-- partitions, another schema or other keys than it was written with. Runs before anything else on each connection, so
-- that a store that was started anew is found out before it is asked anything: what was written last may be lost, and
-- what is older than this moment is fenced off (lib/fence.lua). Of several connections that come at once, the first one
-- does it.
--
-- KEYS  the installation's record, the fence of each partition
-- ARGV  1 schema  2 partitions  then key id, check value, … of the key file
-- Returns  schema, partitions as they are stored, then for each key its stored check value; last, whether it set a fence
--          (0, 1)
local call = redis.call
local known = call('HMGET', KEYS[1], 'schema', 'partitions', 'run')
if known[1] and (known[1] ~= ARGV[1] or known[2] ~= ARGV[2]) then return { known[1], known[2] } end
local answer, fits = { ARGV[1], ARGV[2] }, true
for i = 3, #ARGV, 2 do
  local stored = call('HGET', KEYS[1], 'key:' .. ARGV[i]) or ARGV[i + 1]
  fits = fits and stored == ARGV[i + 1]
  answer[#answer + 1] = stored
end
if not fits then return answer end

local run = string.match(call('INFO', 'server'), 'run_id:(%x+)')
local fenced = known[3] and known[3] ~= run
if fenced then
  local t = call('TIME')
  for i = 2, #KEYS do call('SET', KEYS[i], string.format('%.0f', math.floor(t[1] * 1000 + t[2] / 1000))) end
end
call('HSET', KEYS[1], 'schema', ARGV[1], 'partitions', ARGV[2], 'run', run)
for i = 3, #ARGV, 2 do call('HSET', KEYS[1], 'key:' .. ARGV[i], ARGV[i + 1]) end
answer[#answer + 1] = fenced and 1 or 0
return answer
