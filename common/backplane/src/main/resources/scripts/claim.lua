-- Claims an agent for a session and writes its HELLO record (spec 3.3).
-- KEYS: owner, directory entry, directory version, hello stream.
-- ARGV: bridge_id, session_id, instance_uid, TTL ms, 1 to claim only a missing key, the stream's
--       bound, what opened the session (key id, certificate's fingerprint, 1 for the shared
--       secret; empty if not), then the record's fields by name and value, without epoch.
-- A session that holds the agent already is answered as before: the record is not written twice.
if redis.call('EXISTS', KEYS[3]) == 0 then return {'DIRECTORY_AWAY'} end
local entry = redis.call('HMGET', KEYS[2], 'status', 'keys', 'fingerprints', 'own_credential')
local status = entry[1] or 'active'
if status ~= 'active' then return {'REFUSED', status} end
if ARGV[7] ~= ''
    and not string.find(' ' .. (entry[2] or ''), ' ' .. ARGV[7] .. ':', 1, true) then
  return {'CREDENTIAL_GONE'}
end
if ARGV[8] ~= ''
    and not string.find(' ' .. (entry[3] or '') .. ' ', ' ' .. ARGV[8] .. ' ', 1, true) then
  return {'CREDENTIAL_GONE'}
end
if ARGV[9] == '1' and entry[4] == '1' then return {'CREDENTIAL_NEEDED'} end

local owner = redis.call('HMGET', KEYS[1], 'bridge_id', 'session_id', 'epoch', 'instance_uid')
if owner[2] == ARGV[2] then return {'WON', owner[3]} end
if owner[2] and ARGV[5] == '1' then
  return {'TAKEN', owner[3], owner[1], owner[2], owner[3], owner[4]}
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local epoch = string.format('%.0f', math.max(now, tonumber(owner[3] or '0') + 1))
redis.call('HSET', KEYS[1], 'bridge_id', ARGV[1], 'session_id', ARGV[2], 'epoch', epoch,
  'instance_uid', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
local record = {'XADD', KEYS[4], 'MAXLEN', '~', ARGV[6], '*', 'epoch', epoch}
for i = 10, #ARGV do record[#record + 1] = ARGV[i] end
redis.call(unpack(record))
if not owner[2] then return {'WON', epoch} end
return {'WON', epoch, owner[1], owner[2], owner[3], owner[4]}
