-- Says what this database was made for, writing it down the first time: nothing here may be read with other
-- partitions, another schema or other keys than it was written with.
--
-- KEYS  the installation's record
-- ARGV  1 schema  2 partitions  then key id, check value, … of the key file
-- Returns  schema, partitions as they are stored, then for each key its stored check value
local call = redis.call
local known = call('HMGET', KEYS[1], 'schema', 'partitions')
if known[1] and (known[1] ~= ARGV[1] or known[2] ~= ARGV[2]) then return known end
local answer, fits = { ARGV[1], ARGV[2] }, true
for i = 3, #ARGV, 2 do
  local stored = call('HGET', KEYS[1], 'key:' .. ARGV[i]) or ARGV[i + 1]
  fits = fits and stored == ARGV[i + 1]
  answer[#answer + 1] = stored
end
if not fits then return answer end
call('HSET', KEYS[1], 'schema', ARGV[1], 'partitions', ARGV[2])
for i = 3, #ARGV, 2 do call('HSET', KEYS[1], 'key:' .. ARGV[i], ARGV[i + 1]) end
return answer
