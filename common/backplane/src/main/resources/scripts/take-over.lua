-- Takes over entries that nobody kept.
-- KEYS: stream. ARGV: group, consumer, idle ms, cursor, most entries.
-- JUSTID, because entries that were trimmed while pending have no body to give (Redis 6.2).
if redis.call('EXISTS', KEYS[1]) == 0 then return {'0-0', 0} end
local reply = redis.pcall('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4],
  'COUNT', ARGV[5], 'JUSTID')
if reply.err then
  if string.find(reply.err, 'NOGROUP') then return {'0-0', 0} end
  return reply
end
return {reply[1], #reply[2]}
