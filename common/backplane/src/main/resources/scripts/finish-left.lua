-- Deletes what was taken from a dead bridge, once it is empty.
-- KEYS: where it was kept.
if redis.call('XLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[1]) end
return {1}
