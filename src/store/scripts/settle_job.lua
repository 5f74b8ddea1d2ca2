-- uses: call
-- Ends the lease of a mail job: done with it, due again later, or dead. A lease that ran out and was taken over by
-- another worker is not ours to settle.
--
-- KEYS  leased, where it goes (due mails of its class, or dead); only the first when the job is done
-- ARGV  1 job  2 job as it goes on  3 score there: when it is due, ms, or when it died, ms
-- Returns  1 settled, 0 not ours any more
if call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
if KEYS[2] then call('ZADD', KEYS[2], ARGV[3], ARGV[2]) end
return 1
