-- Writes a command record, stamped with the life of the memory it is written into.
-- KEYS: stream, life, bridges. ARGV: the bridge whose stream it is or '', a random candidate for
--       the life or '' for no stamp, then the record's fields.
-- A bridge nobody has heard of is noted, so that what is written to a dead one is found.
local record = {'XADD', KEYS[1], '*'}
for i = 3, #ARGV do record[#record + 1] = ARGV[i] end
if ARGV[2] ~= '' then
  redis.call('SET', KEYS[2], ARGV[2], 'NX')
  local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
  record[#record + 1] = 'life'
  record[#record + 1] = run_id .. ':' .. redis.call('GET', KEYS[2])
end
if ARGV[1] ~= '' then
  local time = redis.call('TIME')
  redis.call('ZADD', KEYS[3], 'NX', time[1] * 1000 + math.floor(time[2] / 1000), ARGV[1])
end
return {redis.call(unpack(record))}
