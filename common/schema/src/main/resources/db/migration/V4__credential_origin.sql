-- Which join token made a credential: the same token with the same key is answered the same again (spec 2.1, Enrolment).
alter table agent_credentials add column token_id bigint references enrollment_tokens;
comment on column agent_credentials.token_id is 'the join token it was enrolled with; null: by an older key, or by an admin';
create index agent_credentials_pending on agent_credentials (agent_id) where status = 'pending';
create index agent_credentials_expiry on agent_credentials (expires_at) where status <> 'revoked';
