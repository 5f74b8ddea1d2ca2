-- For wrk: asks each time for another of the users in the file MFAD_BENCH_USERS, one a line: tenant, user, secret key.
-- The call is one of those below, named by MFAD_BENCH_CALL.
local users = {}
for line in io.lines(os.getenv("MFAD_BENCH_USERS")) do
  local tenant, user, key = line:match("^(%S+) (%S+) (%S+)$")
  users[#users + 1] = { tenant = tenant, user = user, key = key }
end
local server_key, session = os.getenv("MFAD_BENCH_SERVER_KEY"), os.getenv("MFAD_BENCH_SESSION")
local json = "application/json"

local calls = {
  rebilly = function(u)
    return wrk.format("POST", "/organizations/" .. u.tenant .. "/profile/mfa", { ["REB-APIKEY"] = u.key })
  end,
  rebilly_get = function(u)
    return wrk.format("GET", "/organizations/" .. u.tenant .. "/profile/mfa", { ["REB-APIKEY"] = u.key })
  end,
  xsolla = function(u)
    local enabled = math.random(2) == 1 and "true" or "false"
    return wrk.format("POST", "/projects/" .. u.tenant .. "/users/" .. u.user .. "/mfa",
      { ["X-SERVER-AUTHORIZATION"] = server_key .. u.tenant, ["Content-Type"] = json },
      '{"mfa_type":"email","enabled":' .. enabled .. "}")
  end,
  quiva = function(u)
    return wrk.format("PATCH", "/accounts/mfa-settings", { ["X-Api-Key"] = u.key, ["Content-Type"] = json },
      '{"totp_enabled":true}')
  end,
  navixy = function(u)
    return wrk.format("POST", "/panel/user/mfa/settings/update",
      { Authorization = "NVX " .. session .. u.tenant, ["Content-Type"] = json },
      '{"target":{"type":"selected","ids":[' .. u.user ..
      ']},"settings":{"type":"allowed","factor_types":["email"]}}')
  end,
}
local name = os.getenv("MFAD_BENCH_CALL")
local call = calls[name]

-- A user whom another dialect switched email on for would have to prove himself to quiva, so each has half of them.
local half = math.floor(#users / 2)
local first, last = 1, #users
if name == "quiva" then first = half + 1 elseif name == "xsolla" or name == "navixy" then last = half end

-- Milliseconds that a connection rests between two requests, to load a fast server no more than a slow one.
local pause = tonumber(os.getenv("MFAD_BENCH_PAUSE") or 0)
if pause > 0 then
  function delay() return pause end
end

function init() math.randomseed(os.time()) end
function request() return call(users[math.random(first, last)]) end

function done(summary)
  io.write(string.format("RESULT %d %d %d %d\n", summary.requests, summary.duration,
    summary.errors.status, summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
