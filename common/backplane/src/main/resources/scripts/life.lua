-- The life of this memory: Redis's run_id and viw:life, which whoever misses it sets.
-- KEYS: life. ARGV: a random candidate.
redis.call('SET', KEYS[1], ARGV[1], 'NX')
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
return {run_id .. ':' .. redis.call('GET', KEYS[1])}
