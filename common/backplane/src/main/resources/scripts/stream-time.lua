-- The time in ms up to which every record of a stream has been handled by a group.
-- KEYS: stream. ARGV: group.
local function ms(id) return tonumber(string.match(id, '^(%d+)')) end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('EXISTS', KEYS[1]) == 0 then return {string.format('%.0f', now)} end

local last = '0-0'
local oldest = now
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local info = {}
  for i = 1, #group, 2 do info[group[i]] = group[i + 1] end
  if info['name'] == ARGV[1] then
    last = info['last-delivered-id']
    local pending = redis.call('XPENDING', KEYS[1], ARGV[1])
    if pending[1] > 0 then oldest = math.min(oldest, ms(pending[2])) end
  end
end
local unread = redis.call('XRANGE', KEYS[1], '(' .. last, '+', 'COUNT', 1)
if unread[1] then oldest = math.min(oldest, ms(unread[1][1])) end
return {string.format('%.0f', oldest)}
