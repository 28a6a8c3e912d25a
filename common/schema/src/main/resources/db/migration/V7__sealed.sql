-- A command with secrets is stored sealed and in no other form, and only until its end (spec 4, "Secrets").
alter table agent_commands
    add constraint agent_commands_sealed_alone check (sealed is null or (envelope is null and jws is null)),
    add constraint agent_commands_sealed_until_its_end check (sealed is null or finished_at is null);
comment on column agent_commands.request_hash is
    'tells a repeated request from another: SHA-256, or, of one with secrets, an HMAC under a sealing key';
