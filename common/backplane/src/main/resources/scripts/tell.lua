-- Appends events to their bounded stream, all in one go and in order.
-- KEYS: the stream. ARGV: its bound, then for each event how many arguments it has, and those.
local at = 2
local told = 0
while at <= #ARGV do
  local count = tonumber(ARGV[at])
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', unpack(ARGV, at + 1, at + count))
  at = at + count + 1
  told = told + 1
end
return {told}
