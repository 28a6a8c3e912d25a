-- Removes consumers that have nothing pending.
-- KEYS: stream. ARGV: group, the only one to remove or '' for all but the third, the one that asks,
--       ms it must not have been seen.
if redis.call('EXISTS', KEYS[1]) == 0 then return {0} end
local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])
if consumers.err then return {0} end
local removed = 0
for _, reply in ipairs(consumers) do
  local info = {}
  for i = 1, #reply, 2 do info[reply[i]] = reply[i + 1] end
  local name = info['name']
  local meant = (ARGV[2] == '' and name ~= ARGV[3]) or name == ARGV[2]
  if meant and info['pending'] == 0 and info['idle'] >= tonumber(ARGV[4]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], name)
    removed = removed + 1
  end
end
return {removed}
