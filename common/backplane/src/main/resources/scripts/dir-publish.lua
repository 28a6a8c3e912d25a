-- Raises the directory's version, if this is still the memory its entries were written into.
-- KEYS: version, life. ARGV: the life when the writing began, 1 if the version must be there.
local life = redis.call('GET', KEYS[2]) or ''
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
if run_id .. ':' .. life ~= ARGV[1] then return {0} end
local stored = redis.call('GET', KEYS[1])
if not stored and ARGV[2] == '1' then return {0} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local version = math.max(now, tonumber(stored or '0') + 1)
redis.call('SET', KEYS[1], string.format('%.0f', version))
return {string.format('%.0f', version)}
