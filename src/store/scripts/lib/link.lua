-- What has happened to an enrollment link is a hash beside its record (lib/link_record.lua), which comes to be with the
-- first event: w wrong codes, d when it was used, n codes sent, e0..e2 ends and f0..f2 digests of the last codes, m what
-- became of its mail (2 sent, 3 given up, 4 dropped). A link holds while it is the last one made for its user.
-- How a link stands; the numbers are store::LinkState.
local LINK_OK, LINK_UNKNOWN, LINK_EXPIRED, LINK_USED, LINK_SUPERSEDED, LINK_EXHAUSTED, LINK_RESTRICTED =
  0, 1, 2, 3, 4, 5, 6
local LINK_NO_ADDRESS, LINK_NOT_ALLOWED = 8, 10

-- Its state, kind, wrong codes, end, mail and factors; one that is older than the fence is over. `user` holds the fields s
-- and g of its user.
local function link_state(record_key, events_key, id, user, now_ms, tries, fence)
  local record = call('GET', record_key)
  if not record or not user[1] then return LINK_UNKNOWN, 0, 0, 0, 0, 0 end
  local version, kind, by, ends, begins, mail, factors = struct.unpack(LINK_RECORD, record)
  if version ~= LINK_RECORD_VERSION then error('a link of an unknown format') end
  local events = call('HMGET', events_key, 'w', 'd', 'm')
  local wrong = tonumber(events[1] or 0)
  local state = LINK_OK
  if events[2] then state = LINK_USED
  elseif user[2] ~= id then state = LINK_SUPERSEDED
  elseif now_ms >= ends or begins < fence then state = LINK_EXPIRED
  elseif wrong >= tries then state = LINK_EXHAUSTED
  elseif kind == KIND_ENROLL and by == BY_USER and band(tonumber(user[1]), RESTRICTED) ~= 0 then state = LINK_RESTRICTED
  end
  return state, kind, wrong, ends, tonumber(events[3] or mail), factors
end

-- What happened to a link is kept as long as the link.
local function keep_events(events_key, ends, now_ms)
  call('PEXPIRE', events_key, math.max(1, ends - now_ms + LINK_KEPT_MS))
end

-- Whether a code by mail does anything for a user who is seen like this: email is allowed, where factors are active
-- already it is one of them, and there is an address.
local function code_state(rules, allowed, enabled, enrolled, marks)
  local open = band(allowed, rules.policy)
  local active = band(enabled, open, usable(rules, enrolled, marks))
  if band(open, EMAIL) == 0 or (active ~= 0 and band(active, EMAIL) == 0) then return LINK_NOT_ALLOWED end
  if band(marks, ADDRESS) == 0 then return LINK_NO_ADDRESS end
  return LINK_OK
end
