-- What has happened to an enrollment link is a hash beside its record (lib/link_record.lua), which comes to be with the
-- first event: w wrong codes, d when it was used, n codes sent, e0..e2 ends and f0..f2 digests of the last codes, m what
-- became of its mail (2 sent, 3 given up, 4 dropped). A link holds while it is the last one made for its user. Following
-- it begins a visit of the pages (service/visits.hpp), which goes on when the link is used or at its end: until then the
-- user's field g names the link, with a plus before it once the link is used. Whatever voids links voids visits.
-- How a link stands; the numbers are store::LinkState.
local LINK_OK, LINK_UNKNOWN, LINK_EXPIRED, LINK_USED, LINK_SUPERSEDED, LINK_EXHAUSTED, LINK_RESTRICTED =
  0, 1, 2, 3, 4, 5, 6
local LINK_NO_ADDRESS, LINK_NOT_ALLOWED, LINK_PROOF_NEEDED = 8, 10, 11

-- Whether a link is the last that its user was made, used or not.
local function is_current(current, id)
  return current == id or current == '+' .. id
end

-- Its state, kind, wrong codes, end, mail, factors and who caused it; one that is older than the fence is over. `user`
-- holds the fields s and g of its user. `visiting` asks for a visit that the link began.
local function link_state(record_key, events_key, id, user, now_ms, tries, fence, visiting)
  local record = call('GET', record_key)
  if not record or not user[1] then return LINK_UNKNOWN, 0, 0, 0, 0, 0, 0 end
  local version, kind, by, ends, begins, mail, factors = struct.unpack(LINK_RECORD, record)
  if version ~= LINK_RECORD_VERSION then error('a link of an unknown format') end
  local events = call('HMGET', events_key, 'w', 'd', 'm')
  local wrong = tonumber(events[1] or 0)
  local state = LINK_OK
  if events[2] and not visiting then state = LINK_USED
  elseif not is_current(user[2], id) then state = LINK_SUPERSEDED
  elseif begins < fence or (now_ms >= ends and not visiting) then state = LINK_EXPIRED
  elseif wrong >= tries then state = LINK_EXHAUSTED
  elseif kind == KIND_ENROLL and by == BY_USER and band(tonumber(user[1]), RESTRICTED) ~= 0 then state = LINK_RESTRICTED
  end
  return state, kind, wrong, ends, tonumber(events[3] or mail), factors, by
end

-- What happened to a link is kept as long as the link.
local function keep_events(events_key, ends, now_ms)
  call('PEXPIRE', events_key, math.max(1, ends - now_ms + LINK_KEPT_MS))
end

-- What a link was for is done.
local function spend_link(user_key, events_key, id, ends, now_ms)
  call('HSET', user_key, 'g', '+' .. id)
  call('HSET', events_key, 'd', now_ms)
  call('HDEL', events_key, 'e0', 'e1', 'e2', 'f0', 'f1', 'f2')
  keep_events(events_key, ends, now_ms)
end

-- The factors that can be bound by following a link.
local BOUND_BY_LINK = EMAIL + TOTP + PASSKEY

-- Whether there is anything to do for who follows a link for these factors (0: any): where MFA is active, proving it.
local function followed_state(user, rules, factors)
  local open = band(user.allowed, rules.policy)
  if band(open, user.enabled, user.bound) ~= 0 then return LINK_OK end
  local offered = band(open, BOUND_BY_LINK, factors == 0 and ANY_FACTOR or factors)
  if offered == 0 then return LINK_NOT_ALLOWED end
  if offered == EMAIL and band(user.marks, ADDRESS) == 0 then return LINK_NO_ADDRESS end
  return LINK_OK
end

-- Whether a code by mail may bind the address of a user: email is allowed, there is an address, and MFA is not active, or
-- was proved in this visit, or email is one of its factors and too many failures have disabled it: that binds it anew.
-- `factors` are those that the link is for, 0 for any, and once it is used.
local function code_state(user, rules, by, factors, is_proved, failures)
  local open = band(user.allowed, rules.policy, factors == 0 and ANY_FACTOR or factors)
  if band(open, EMAIL) == 0 then return LINK_NOT_ALLOWED end
  local active = band(user.allowed, rules.policy, user.enabled, user.bound)
  local renews = band(active, EMAIL) ~= 0 and failures >= BUDGET
  if active ~= 0 and not is_proved and not renews then return LINK_PROOF_NEEDED end
  if by == BY_USER and band(user.marks, RESTRICTED) ~= 0 and not renews then return LINK_RESTRICTED end
  if band(user.marks, ADDRESS) == 0 then return LINK_NO_ADDRESS end
  return LINK_OK
end
