-- Renews the owner keys that still name their session.
-- KEYS: owner keys. ARGV: TTL ms, then the session of each key.
local answers = {}
for i, key in ipairs(KEYS) do
  local session = redis.call('HGET', key, 'session_id')
  if not session then
    answers[i] = 'MISSING'
  elseif session == ARGV[i + 1] then
    redis.call('PEXPIRE', key, ARGV[1])
    answers[i] = 'HELD'
  else
    answers[i] = 'OTHER'
  end
end
return answers
