-- Moves an entry to the dead letters.
-- KEYS: stream, its dead letters. ARGV: group, entry id, tries of this consumer, bound of the dead
--       letters, then the letter's fields.
-- Who acknowledges the entry writes the letter: a second call does neither.
local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1)
local before = 0
if pending[1] then before = math.max(0, pending[1][4] - 1) end
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return {0} end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', 'deliveries', before + ARGV[3],
  unpack(ARGV, 5))
return {1}
