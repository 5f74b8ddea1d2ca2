-- For wrk: sends each request of the file MFAD_BENCH_REQUESTS once, one a line: method, path, body, then names and values
-- of fields, with tabs between them. A thread that has sent all of its share stops. What is measured is the time until the
-- last good answer.
local threads = {}
function setup(thread)
  thread:set("number", #threads)
  threads[#threads + 1] = thread
end

local own, next_request = {}, 1
good, bad, first, last = 0, 0, 0, 0

function init()
  local share, count = tonumber(os.getenv("MFAD_BENCH_THREADS")), 0
  for line in io.lines(os.getenv("MFAD_BENCH_REQUESTS")) do
    if count % share == number then
      local parts = {}
      for part in (line .. "\t"):gmatch("([^\t]*)\t") do parts[#parts + 1] = part end
      local headers = {}
      for i = 4, #parts, 2 do headers[parts[i]] = parts[i + 1] end
      own[#own + 1] = wrk.format(parts[1], parts[2], headers, parts[3] ~= "" and parts[3] or nil)
    end
    count = count + 1
  end
end

-- Behind the last one, requests that nobody counts, until the others have been answered.
function request()
  if first == 0 then first = wrk.time_us() end
  local text = own[next_request] or wrk.format("GET", "/nothing")
  next_request = next_request + 1
  return text
end

function response(status)
  if status == 200 or status == 201 then
    good, last = good + 1, wrk.time_us()
  elseif status ~= 404 then
    bad = bad + 1
  end
  if good + bad >= #own then wrk.thread:stop() end
end

function done()
  local sum, wrong, begun, ended = 0, 0, math.huge, 0
  for _, thread in ipairs(threads) do
    sum, wrong = sum + thread:get("good"), wrong + thread:get("bad")
    begun, ended = math.min(begun, thread:get("first")), math.max(ended, thread:get("last"))
  end
  io.write(string.format("RESULT %d %d %d\n", sum, ended - begun, wrong))
end
