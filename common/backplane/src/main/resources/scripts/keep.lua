-- Says for each entry that its consumer still wants it, unless it has moved to another.
-- KEYS: stream. ARGV: group, consumer, then entry ids.
local mine = {'XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0}
local moved = 0
for i = 3, #ARGV do
  local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2])
  if pending[1] then mine[#mine + 1] = ARGV[i] else moved = moved + 1 end
end
if #mine > 5 then
  mine[#mine + 1] = 'JUSTID'
  redis.call(unpack(mine))
end
return {moved}
