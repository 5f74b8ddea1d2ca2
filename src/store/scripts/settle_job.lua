-- uses: call
-- Ends the lease of a mail job: done with it, due again later, or dead. A lease that ran out and was taken over by
-- another worker is not ours to settle. What became of the mail of a link or a challenge is noted with it. An operator
-- moves and removes jobs that are not leased in the same way.
--
-- KEYS  leased, or where else the job lies; where the job goes (due mails of its class, or dead), unless it is done;
--       last, with a note: the link or challenge, and what happened to it (of a challenge the same key)
-- ARGV  1 job  2 job as it goes on  3 score there: when it is due, ms, or when it died, ms; "" when it is done
--       4 note: what became of the mail (lib/link.lua), "" for none
-- Returns  1 settled, 0 not ours any more
if call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
if ARGV[3] ~= '' then call('ZADD', KEYS[2], ARGV[3], ARGV[2]) end
if ARGV[4] ~= '' then
  local noted, events = KEYS[#KEYS - 1], KEYS[#KEYS]
  local left = call('PTTL', noted)
  -- Of several codes of a challenge the last one counts. What is gone stays gone.
  local newest = call('HGET', events, 'j')
  if left > 0 and (not newest or newest == string.sub(ARGV[1], 2, 17)) then
    call('HSET', events, 'm', ARGV[4])
    call('PEXPIRE', events, left)
  end
end
return 1
