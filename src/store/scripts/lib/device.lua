-- The remembered devices of a user are a hash, until the last of them ends. <id> (11 characters): version 1 of this
-- format, when it was remembered, last used and ends (ms), generation of its token and when that was handed out, then
-- its label. <id>F<bit>, <id>c, <id>d: what such fields are in the user's record (Keys::user), of attempts on
-- challenges that were opened with it: so nobody else's failures are in its way.
local DEVICE, DEVICE_VERSION, DEVICE_ID_SIZE = '<BdddI4d', 1, 11
-- Each use of a token has a successor, which takes its place. For so long the one before is taken as well, for an answer
-- that was lost, or two pages at once; its successor is the same. Later it is somebody else's copy.
local DEVICE_GRACE_MS = 60000
local DEVICE_UNKNOWN, DEVICE_KNOWN, DEVICE_STOLEN = 0, 1, 2

local function read_device(key, id, now_ms)
  local record = call('HGET', key, id)
  if not record then return nil end
  local version, created, used, ends, generation, issued, at = struct.unpack(DEVICE, record)
  if version ~= DEVICE_VERSION then error('a device of an unknown format') end
  if now_ms >= ends then return nil end
  return { created = created, used = used, ends = ends, generation = generation, issued = issued,
           label = string.sub(record, at) }
end

local function write_device(key, id, device)
  call('HSET', key, id, struct.pack(DEVICE, DEVICE_VERSION, device.created, device.used, device.ends, device.generation,
                                    device.issued) .. device.label)
end

local function forget_device(key, id)
  call('HDEL', key, id, id .. 'F1', id .. 'F2', id .. 'F4', id .. 'F8', id .. 'c', id .. 'd')
end

-- What the token of a device says, by its generation; nothing is written yet.
local function look_at_device(key, id, generation, now_ms)
  if id == '' then return DEVICE_UNKNOWN end
  local device = read_device(key, id, now_ms)
  if not device then return DEVICE_UNKNOWN end
  -- A generation that is ahead was handed out by us, too, and forgotten by a store that fell back.
  if generation >= device.generation then
    device.generation, device.issued = generation + 1, now_ms
  elseif generation < device.generation - 1 or now_ms > device.issued + DEVICE_GRACE_MS then
    return DEVICE_STOLEN
  end
  device.used = now_ms
  return DEVICE_KNOWN, device
end

-- The ids of devices that have not ended, and their records.
local function live_devices(key, now_ms)
  local ids, devices = {}, {}
  for _, field in ipairs(call('HKEYS', key)) do
    if #field == DEVICE_ID_SIZE then
      local device = read_device(key, field, now_ms)
      if device then ids[#ids + 1], devices[#devices + 1] = field, device else forget_device(key, field) end
    end
  end
  return ids, devices
end
