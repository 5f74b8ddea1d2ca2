-- uses: call
-- Ends the lease of a mail job: done with it, due again later, or dead. A lease that ran out and was taken over by
-- another worker is not ours to settle. What became of the mail of a link is noted with the link.
--
-- KEYS  leased; where the job goes (due mails of its class, or dead), unless it is done; last, with a note: the link
-- ARGV  1 job  2 job as it goes on  3 score there: when it is due, ms, or when it died, ms; "" when it is done
--       4 note: what became of a link's mail (lib/link.lua), "" for none
-- Returns  1 settled, 0 not ours any more
if call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
if ARGV[3] ~= '' then call('ZADD', KEYS[2], ARGV[3], ARGV[2]) end
-- A link that is gone stays gone.
local link = KEYS[#KEYS]
if ARGV[4] ~= '' and call('EXISTS', link) == 1 then call('HSET', link, 'm', ARGV[4]) end
return 1
