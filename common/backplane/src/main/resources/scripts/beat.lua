-- A bridge's sign of life.
-- KEYS: bridge, bridges, hello stream. ARGV: bridge_id, TTL ms, the stream's bound, then the
--       SEEN record's fields.
-- At its memory limit Redis refuses a script whose first write is one that takes memory: a bridge
-- must not seem dead for that.
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local time = redis.call('TIME')
redis.call('SET', KEYS[1], '1', 'PX', ARGV[2])
redis.call('ZADD', KEYS[2], time[1] * 1000 + math.floor(time[2] / 1000), ARGV[1])
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[3], '*', unpack(ARGV, 4))
return {1}
