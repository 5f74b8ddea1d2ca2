-- What happened is told to a stream, by the script that does it. Each event has the same fields, so that the stream holds
-- their names once: t tenant, u user, e event, f factor, o outcome, c challenge or link (public id), i address, b by whom.
-- The bound is kept by whole nodes of the stream, so that it may be exceeded a little (docs/audit.md).
local FACTOR_NAMES = { [0] = '', [1] = 'email', [2] = 'totp', [4] = 'passkey', [8] = 'recovery_code', [16] = 'duo',
                       [32] = 'guardian' }

-- `context` is packed: <I4 most events, then tenant, user, by whom, subject, each after its length (I2).
local function audit(key, context, event, factor, outcome, address)
  local most, tenant, user, by, subject = struct.unpack('<I4I2c0I2c0I2c0I2c0', context)
  call('XADD', key, 'MAXLEN', '~', most, '*', 't', tenant, 'u', user, 'e', event,
       'f', FACTOR_NAMES[tonumber(factor) or 0] or '', 'o', outcome or '', 'c', subject, 'i', address or '', 'b', by)
end
