-- An idempotency record is the request's fingerprint (32 bytes), then the length of the outcome (2 bytes), the packed
-- outcome, and a sealed supplement that the answer needs. What has been seen is answered before anything is decided or
-- counted.
local REPLAYED, KEY_REUSED = -1, -2

-- Nothing when the request is new, or was refused for its own content before (note_refusal.lua) and no longer is.
local function replay(key, fingerprint)
  local record = call('GET', key)
  if not record then return nil end
  if string.sub(record, 1, 32) ~= fingerprint then return { KEY_REUSED } end
  if #record == 32 then return nil end
  return { REPLAYED, string.sub(record, 33) }
end

local function remember(key, fingerprint, lifetime_ms, outcome, supplement)
  call('SET', key, fingerprint .. struct.pack('<I2', #outcome) .. outcome .. supplement, 'PX', lifetime_ms)
end
