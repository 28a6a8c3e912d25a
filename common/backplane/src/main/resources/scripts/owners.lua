-- Who holds agents.
-- KEYS: their owner keys. ARGV: the fields of each. Answers a list of values for each key.
local found = {}
for i, key in ipairs(KEYS) do
  found[i] = redis.call('HMGET', key, unpack(ARGV))
end
return found
