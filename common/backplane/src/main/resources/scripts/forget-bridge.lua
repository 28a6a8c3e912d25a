-- Forgets a bridge that left nothing and was heard of long ago.
-- KEYS: bridges, the bridge's stream, where it is kept while it is released.
-- ARGV: bridge_id, ms for which it is looked at again.
if redis.call('EXISTS', KEYS[2], KEYS[3]) > 0 then return {0} end
local heard = redis.call('ZSCORE', KEYS[1], ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if heard and tonumber(heard) + tonumber(ARGV[2]) <= now then
  return {redis.call('ZREM', KEYS[1], ARGV[1])}
end
return {0}
