-- Takes a dead bridge's stream out of everybody's way.
-- KEYS: the bridge's stream, where it is kept while it is released.
-- One taken before and not finished comes first.
if redis.call('EXISTS', KEYS[2]) == 1 then return {1} end
if redis.call('EXISTS', KEYS[1]) == 0 then return {0} end
redis.call('RENAME', KEYS[1], KEYS[2])
return {1}
