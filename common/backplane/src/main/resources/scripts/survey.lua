-- What a group looks like: length, lag, pending, age of the oldest pending in ms, dead letters.
-- KEYS: stream, its dead letters. ARGV: group.
local EXACT = 1000
local function ms(id) return tonumber(string.match(id, '^(%d+)')) end

local length = redis.call('XLEN', KEYS[1])
local letters = redis.call('XLEN', KEYS[2])
if redis.call('EXISTS', KEYS[1]) == 0 then return {0, 0, 0, 0, letters} end

local group = nil
for _, reply in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local info = {}
  for i = 1, #reply, 2 do info[reply[i]] = reply[i + 1] end
  if info['name'] == ARGV[1] then group = info end
end
if not group then return {length, length, 0, 0, letters} end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local pending = redis.call('XPENDING', KEYS[1], ARGV[1])
local age = 0
if pending[1] > 0 then age = math.max(0, now - ms(pending[2])) end

local lag = group['lag']
if not lag then
  -- Redis 6.2 does not count it: exact while it is small, else by its share of the stream's time.
  local last = group['last-delivered-id']
  lag = #redis.call('XRANGE', KEYS[1], '(' .. last, '+', 'COUNT', EXACT)
  if lag == EXACT then
    local first = ms(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1][1])
    local newest = ms(redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1][1])
    local share = 1
    if ms(last) > first and newest > first then share = (newest - ms(last)) / (newest - first) end
    lag = math.max(EXACT, math.floor(length * share))
  end
end
return {length, lag, pending[1], age, letters}
