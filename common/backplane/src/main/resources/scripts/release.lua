-- Ends a session and writes its GONE record, unless another session holds the agent.
-- KEYS: owner, hello stream. ARGV: session_id, the stream's bound, then the record's fields.
local session = redis.call('HGET', KEYS[1], 'session_id')
if session and session ~= ARGV[1] then return {'OTHER'} end
redis.call('DEL', KEYS[1])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', unpack(ARGV, 3))
return {session and 'HELD' or 'MISSING'}
