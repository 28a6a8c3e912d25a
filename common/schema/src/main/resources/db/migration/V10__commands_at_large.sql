-- The ledger across gateways: what a panel filters by, in the order in which it is shown.
create index agent_commands_by_state on agent_commands (state, issued_at desc, correlation_id desc);
create index agent_commands_by_verb on agent_commands (verb, issued_at desc, correlation_id desc);
create index agent_commands_by_caller on agent_commands (issued_by_admin_id, issued_at desc, correlation_id desc);
create index agent_commands_by_batch on agent_commands (batch_id, issued_at desc, correlation_id desc) where batch_id is not null;
drop index agent_commands_batch;
create index agent_commands_by_hand on agent_commands (issued_at desc, correlation_id desc) where origin = 'stream';

-- The same command to many gateways (spec 5). Its commands are rows of the ledger; here is what they do not say.
create table command_batches (
    batch_id            uuid primary key,
    issued_by           text not null,
    idempotency_key     text,
    request_hash        bytea not null,
    verb                text not null,
    args                jsonb not null,
    delivery            text not null check (delivery in ('QUEUE', 'IMMEDIATE')),
    issued_at           timestamptz not null default now(),
    total               integer not null check (total > 0),
    agent_ids           text[],
    refused             jsonb not null default '{}',
    runner              uuid not null,
    running_until       timestamptz not null,
    finished_at         timestamptz,
    cancel_requested_at timestamptz,
    cancel_requested_by text,
    check ((agent_ids is null) = (finished_at is not null))
);
comment on column command_batches.args is 'secrets masked';
comment on column command_batches.request_hash is 'of the whole request: tells a repeated one from another';
comment on column command_batches.total is 'gateways the request was about';
comment on column command_batches.agent_ids is 'all of them, until each is in the ledger or refused: whoever repeats the request after a crash goes on with these';
comment on column command_batches.refused is 'gateway to the code of its refusal';
comment on column command_batches.runner is 'who works on it; only he goes on';
comment on column command_batches.running_until is 'when the runner is taken for dead, unless he says otherwise; he does with each piece';
create unique index command_batches_key on command_batches (issued_by, idempotency_key) where idempotency_key is not null;
create index command_batches_issued on command_batches (issued_at desc, batch_id desc);
grant select, insert, update on command_batches to admin_api;

-- What a POST with an Idempotency-Key was answered, for whoever sends it again (ADR 20). Made in the transaction of what it did.
create table idempotent_answers (
    caller              text not null,
    path                text not null,
    key_mark            bytea not null,
    request_sha256      bytea not null,
    status              integer,
    headers             jsonb not null default '{}',
    sealed_body         bytea,
    created_at          timestamptz not null default now(),
    primary key (caller, path, key_mark)
);
comment on column idempotent_answers.key_mark is 'derived from the key; the key itself is nowhere';
comment on column idempotent_answers.sealed_body is 'encrypted with a key that only the Idempotency-Key opens';
create index idempotent_answers_age on idempotent_answers (created_at);
grant select, insert, update, delete on idempotent_answers to admin_api;
