-- Passes a record on to its owner's stream and acknowledges it at the public door.
-- KEYS: public door, owner's stream, bridges. ARGV: group, entry id, owner's bridge_id, then the
--       record's fields.
-- Who acknowledges it passes it on: a second call does neither.
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return {0} end
local time = redis.call('TIME')
redis.call('ZADD', KEYS[3], 'NX', time[1] * 1000 + math.floor(time[2] / 1000), ARGV[3])
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 4))
return {1}
