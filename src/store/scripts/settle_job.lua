-- uses: call
-- Ends the lease of a mail job: done with it, due again later, or dead. A lease that ran out and was taken over by
-- another worker is not ours to settle. What became of the mail of a link is noted with the link. An operator moves and
-- removes jobs that are not leased in the same way.
--
-- KEYS  leased, or where else the job lies; where the job goes (due mails of its class, or dead), unless it is done;
--       last, with a note: the link, and what happened to it
-- ARGV  1 job  2 job as it goes on  3 score there: when it is due, ms, or when it died, ms; "" when it is done
--       4 note: what became of a link's mail (lib/link.lua), "" for none
-- Returns  1 settled, 0 not ours any more
if call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
if ARGV[3] ~= '' then call('ZADD', KEYS[2], ARGV[3], ARGV[2]) end
-- A link that is gone stays gone.
if ARGV[4] ~= '' then
  local link, events = KEYS[#KEYS - 1], KEYS[#KEYS]
  local left = call('PTTL', link)
  if left > 0 then
    call('HSET', events, 'm', ARGV[4])
    call('PEXPIRE', events, left)
  end
end
return 1
