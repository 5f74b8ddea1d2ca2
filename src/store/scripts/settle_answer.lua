-- uses: call
-- Ends a claim of claim_answer.lua: keeps the answer, or gives the key free. One that ran out meanwhile is nobody's.
--
-- KEYS  the key's record
-- ARGV  1 fingerprint  2 id of the claim  3 sealed answer, "" for none  4 its life ms
-- Returns  1 settled, 0 the claim had run out
if call('GET', KEYS[1]) ~= ARGV[1] .. '>' .. ARGV[2] then return 0 end
if ARGV[3] == '' then
  call('DEL', KEYS[1])
else
  call('SET', KEYS[1], ARGV[1] .. '=' .. ARGV[3], 'PX', ARGV[4])
end
return 1
