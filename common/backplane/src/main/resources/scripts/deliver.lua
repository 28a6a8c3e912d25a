-- Decides about one attempt of a command before the socket is touched (spec 3.4).
-- KEYS: decided, owner, life, results stream.
-- ARGV: 1 life, '' for a record made by hand   2 attempt   3 the session it is for, '' for nobody
--       4 instance_uid, 'any' for a record made by hand   5 expires_at in ms, '' if unknown
--       6 1 if there is room   7 ms a decision is kept past the deadline   8 ms of the latest deadline
--       9 a token of this call   10 bridge_id   11 agent_id   12 correlation_id
--       13 envelope of a record made by hand, else ''   14 why the bridge refuses it, '' if it does not
--       15 1 if it was read from the public door: then what another bridge holds is not decided here
--       16 run_id of this Redis, by the connection that asks: while it stands it leads to no other
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

if ARGV[1] ~= '' then
  if ARGV[16] .. ':' .. (redis.call('GET', KEYS[3]) or '') ~= ARGV[1] then
    return {'DROPPED', 'OLD_LIFE'}
  end
end

-- The same call run again is answered the same; any other finds the attempt decided.
local attempt = tonumber(ARGV[2])
local decided = redis.call('HMGET', KEYS[1], 'attempt', 'token', 'answer', 'reason')
if decided[1] and attempt <= tonumber(decided[1]) then
  if decided[2] == ARGV[9] then return {decided[3], decided[4]} end
  return {'DROPPED', 'DECIDED'}
end

-- So long past its deadline a decision may have been forgotten, and the agent may have it: what
-- nobody can know is not said. The ledger asks the agent, or says that it does not know.
if not decided[1] and ARGV[5] ~= '' and now >= tonumber(ARGV[5]) + tonumber(ARGV[7]) then
  return {'DROPPED', 'FORGOTTEN'}
end

local owner = redis.call('HMGET', KEYS[2], 'session_id', 'instance_uid', 'bridge_id')
if ARGV[15] == '1' and owner[3] and owner[3] ~= ARGV[10] then return {'ELSEWHERE', owner[3]} end
local reason = ARGV[14]
if reason ~= '' then
  -- whoever holds the agent: this copy goes to nobody
elseif ARGV[3] == '' or owner[1] ~= ARGV[3] then
  reason = 'offline'
elseif ARGV[4] ~= 'any' and (owner[2] or '') ~= ARGV[4] then
  reason = 'other_instance'
elseif ARGV[5] ~= '' and now >= tonumber(ARGV[5]) then
  reason = 'expired'
elseif ARGV[6] ~= '1' then
  reason = 'busy'
end
local answer = reason == '' and 'DISPATCHED' or 'RELEASED'

local deadline = ARGV[5] ~= '' and tonumber(ARGV[5]) or now + tonumber(ARGV[8])
redis.call('HSET', KEYS[1], 'attempt', ARGV[2], 'token', ARGV[9], 'answer', answer,
  'reason', reason)
redis.call('PEXPIREAT', KEYS[1],
  string.format('%.0f', math.max(now, deadline) + tonumber(ARGV[7])))

-- The event's time is Redis's, in the form of all instants.
local function instant(ms)
  local days, rest = math.floor(ms / 86400000), ms % 86400000
  local z = days + 719468
  local era = math.floor(z / 146097)
  local doe = z - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524)
    - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local mp = math.floor((5 * doy + 2) / 153)
  local day = doy - math.floor((153 * mp + 2) / 5) + 1
  local month = mp < 10 and mp + 3 or mp - 9
  local year = yoe + era * 400 + (month <= 2 and 1 or 0)
  return string.format('%04d-%02d-%02dT%02d:%02d:%02d.%03dZ', year, month, day,
    math.floor(rest / 3600000), math.floor(rest / 60000) % 60, math.floor(rest / 1000) % 60,
    rest % 1000)
end

local event = {'XADD', KEYS[4], '*', 'v', '1', 'kind', answer, 'agent_id', ARGV[11],
  'ts', instant(now), 'bridge_id', ARGV[10], 'correlation_id', ARGV[12], 'attempt', ARGV[2]}
local function add(name, value)
  if value and value ~= '' then
    event[#event + 1] = name
    event[#event + 1] = value
  end
end
if answer == 'DISPATCHED' then add('instance_uid', owner[2]) end
add('reason', reason)
add('envelope', ARGV[13])
redis.call(unpack(event))
return {answer, reason}
