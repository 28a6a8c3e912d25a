-- Writes one entry of the directory, unless the one there is as new.
-- KEYS: entry. ARGV: dir_rev, then fields by name and value.
local stored = tonumber(redis.call('HGET', KEYS[1], 'dir_rev') or '-1')
if stored >= tonumber(ARGV[1]) then return {0} end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
return {1}
