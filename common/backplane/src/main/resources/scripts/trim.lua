-- Trims a stream up to the least id any group still needs.
-- KEYS: stream. ARGV: the groups that must be there.
local function precedes(a, b)
  local ams, aseq = string.match(a, '^(%d+)-(%d+)$')
  local bms, bseq = string.match(b, '^(%d+)-(%d+)$')
  if ams ~= bms then return tonumber(ams) < tonumber(bms) end
  return tonumber(aseq) < tonumber(bseq)
end

if redis.call('EXISTS', KEYS[1]) == 0 then return {0} end
local seen, least = {}, nil
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local info = {}
  for i = 1, #group, 2 do info[group[i]] = group[i + 1] end
  seen[info['name']] = true
  local needed = info['last-delivered-id']
  local pending = redis.call('XPENDING', KEYS[1], info['name'])
  if pending[1] > 0 and precedes(pending[2], needed) then needed = pending[2] end
  if least == nil or precedes(needed, least) then least = needed end
end
for _, name in ipairs(ARGV) do
  if not seen[name] then return {0} end
end
if least == nil then return {0} end
return {redis.call('XTRIM', KEYS[1], 'MINID', least)}
