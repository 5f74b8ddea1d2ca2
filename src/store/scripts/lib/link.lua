-- An enrollment link: who it is for, when it ends, what it is for (1 enroll, 2 verify), by whose credential (1 his own,
-- 2 a server's), wrong codes so far, whether it was used, its mail (0 none, 1 owed, 2 sent, 3 given up, 4 dropped), and
-- the factors it is for (0: any). It holds while it is the last one made for its user.
local LINK_OK, LINK_UNKNOWN, LINK_EXPIRED, LINK_USED, LINK_SUPERSEDED, LINK_EXHAUSTED, LINK_RESTRICTED =
  0, 1, 2, 3, 4, 5, 6
local LINK_NO_ADDRESS, LINK_NOT_ALLOWED = 8, 10
local KIND_ENROLL, KIND_VERIFY = 1, 2

-- Its state, and of an open link its kind and wrong codes. `user` holds the fields s and g of its user.
local function link_state(key, id, user, now_ms, tries)
  local link = call('HMGET', key, 'x', 'k', 'c', 'w', 'd')
  if not link[1] or not user[1] then return LINK_UNKNOWN end
  if link[5] then return LINK_USED end
  if user[2] ~= id then return LINK_SUPERSEDED end
  if now_ms >= tonumber(link[1]) then return LINK_EXPIRED end
  local kind, wrong = tonumber(link[2]), tonumber(link[4] or 0)
  if wrong >= tries then return LINK_EXHAUSTED end
  if kind == KIND_ENROLL and link[3] == '1' and band(tonumber(user[1]), RESTRICTED) ~= 0 then return LINK_RESTRICTED end
  return LINK_OK, kind, wrong
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
