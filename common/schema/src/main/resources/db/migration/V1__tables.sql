-- The tables of the control plane (spec 4). Instants are timestamptz. Column comments say what is not obvious.

create table os_gateways (
    agent_id            text primary key check (agent_id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    -- Set by admins, or by a join token.
    display_name        text,
    site                text,
    labels              jsonb not null default '{}',
    notes               text,
    version_min         text,
    -- What the agent says of itself: for display, never for rights.
    reported_site       text,
    reported_labels     jsonb not null default '{}',
    hostname            text,
    version             text,
    instance_uid        uuid,
    capabilities        jsonb not null default '[]',
    supported_verbs     jsonb not null default '[]',
    features            jsonb not null default '[]',
    max_concurrency     integer,
    metadata            jsonb,
    auth                text check (auth in ('shared', 'key', 'cert', 'none')),
    credential          text,
    boot_id             text,
    -- Administration.
    edit_version        bigint not null default 0,
    dir_rev             bigint not null default 1,
    dir_pending         boolean not null default true,
    status              text not null default 'expected'
                        check (status in ('expected', 'connected', 'disconnected', 'unknown', 'decommissioned')),
    clone_suspected     boolean not null default false,
    clone_cleared_at    timestamptz,
    clock_skew_ms       bigint,
    first_seen          timestamptz,
    last_seen           timestamptz,
    epoch               bigint not null default 0,
    n                   bigint not null default 0,
    created_at          timestamptz not null default now(),
    created_by          text,
    decommissioned_at   timestamptz
) with (fillfactor = 80);
comment on column os_gateways.edit_version is 'raised by admins only: the ETag';
comment on column os_gateways.dir_rev is 'raised with every change a bridge must know; the directory in Redis takes only a greater one';
comment on column os_gateways.dir_pending is 'the directory in Redis has not been told of dir_rev yet';
comment on column os_gateways.epoch is 'with n: the order of what the agent said; only a greater pair moves inventory';
comment on column os_gateways.clone_cleared_at is 'sessions before an admin''s all-clear no longer count as a clone''s';
create index os_gateways_dir_pending on os_gateways (agent_id) where dir_pending;
create index os_gateways_status on os_gateways (status, agent_id);
create index os_gateways_site on os_gateways (site, agent_id);
create index os_gateways_labels on os_gateways using gin (labels jsonb_path_ops);

create table os_gateway_status (
    agent_id            text primary key references os_gateways,
    cpu_pct             double precision,
    mem_pct             double precision,
    disk_pct            double precision,
    load1               double precision,
    containers_running  integer,
    services            jsonb not null default '{}',
    containers          jsonb not null default '[]',
    payload             jsonb not null default '{}',
    reported_at         timestamptz not null,
    ts                  timestamptz,
    epoch               bigint not null,
    n                   bigint not null,
    updated_at          timestamptz not null default now()
) with (fillfactor = 70);
comment on column os_gateway_status.reported_at is 'arrival at the bridge';
comment on column os_gateway_status.ts is 'the agent''s own clock, when it was within a day of arrival';
comment on column os_gateway_status.payload is 'the whole metrics object as sent';

-- One point per agent and minute of arrival. Days are made ahead and dropped by viw_maintain_partitions (V3).
create table os_gateway_metrics (
    agent_id            text not null,
    bucket              timestamptz not null,
    cpu_sum             double precision not null default 0,
    cpu_max             double precision,
    cpu_samples         integer not null default 0,
    mem_sum             double precision not null default 0,
    mem_max             double precision,
    mem_samples         integer not null default 0,
    disk_sum            double precision not null default 0,
    disk_max            double precision,
    disk_samples        integer not null default 0,
    load_sum            double precision not null default 0,
    load_max            double precision,
    load_samples        integer not null default 0,
    epoch               bigint not null,
    n                   bigint not null,
    counted             bytea not null default '',
    primary key (agent_id, bucket)
) partition by range (bucket);
comment on table os_gateway_metrics is 'one point per 60 s of arrival; (epoch, n) is the last frame counted in it';
comment on column os_gateway_metrics.counted is 'which frames are counted, four bytes each: one seen again adds nothing, one that comes late does';

create table bridges (
    bridge_id           uuid primary key,
    first_seen          timestamptz not null,
    last_seen           timestamptz not null,
    version             text,
    address             text
);
create index bridges_last_seen on bridges (last_seen);

create table agent_sessions (
    session_id          uuid not null,
    agent_id            text not null,
    bridge_id           uuid not null,
    conn_id             uuid not null,
    epoch               bigint not null,
    boot_id             text,
    connected_at        timestamptz not null,
    last_heartbeat_at   timestamptz,
    disconnected_at     timestamptz,
    close_code          integer,
    reason              text,
    remote_ip           text,
    version             text,
    primary key (session_id)
) with (fillfactor = 80);
create index agent_sessions_newest on agent_sessions (agent_id, epoch desc);
create index agent_sessions_open on agent_sessions (bridge_id) where disconnected_at is null;
create index agent_sessions_ended on agent_sessions (disconnected_at) where disconnected_at is not null;

create table agent_commands (
    correlation_id      uuid primary key,
    agent_id            text not null,
    verb                text not null,
    args                jsonb not null default '{}',
    envelope            bytea,
    sealed              bytea,
    jws                 text,
    traceparent         text,
    origin              text not null check (origin in ('api', 'stream')),
    delivery            text not null check (delivery in ('QUEUE', 'IMMEDIATE')),
    state               text not null check (state in ('QUEUED', 'DISPATCHED', 'ACKED', 'SUCCEEDED', 'FAILED', 'REJECTED',
                                                       'EXPIRED', 'EXEC_TIMED_OUT', 'CANCELLED', 'OUTCOME_UNKNOWN')),
    ended_by            text check (ended_by in ('result', 'agent', 'ledger')),
    error_code          text,
    reason              text,
    attempt             integer not null default 0,
    released            integer not null default 0,
    plain               boolean not null default false,
    cancellable         boolean not null default false,
    instance_uid        uuid,
    sent_at             timestamptz,
    next_send_at        timestamptz not null default now(),
    signals             integer not null default 0,
    next_signal_at      timestamptz,
    idempotency_key     text,
    request_hash        bytea,
    batch_id            uuid,
    issued_by_admin_id  text not null,
    issued_at           timestamptz not null,
    expires_at          timestamptz not null,
    ends_by             timestamptz not null,
    timeout_s           integer not null check (timeout_s between 1 and 3600),
    dispatched_at       timestamptz,
    acked_at            timestamptz,
    finished_at         timestamptz,
    cancel_requested_at timestamptz,
    cancel_requested_by text,
    check (attempt >= 0 and released between 0 and attempt),
    check ((finished_at is null) = (state in ('QUEUED', 'DISPATCHED', 'ACKED'))),
    check ((ended_by is null) = (state in ('QUEUED', 'DISPATCHED', 'ACKED')))
) with (fillfactor = 70);
comment on table agent_commands is 'the ledger: written by guarded statements alone';
comment on column agent_commands.args is 'secrets masked';
comment on column agent_commands.envelope is 'the bytes made at acceptance, carried unchanged; null when sealed';
comment on column agent_commands.sealed is 'the envelope encrypted, when it holds a secret; dropped at the end';
comment on column agent_commands.attempt is 'how often it was claimed; a copy is out while attempt > released';
comment on column agent_commands.plain is 'the agent it went out to keeps no journal: never sent again once a copy may have reached it';
comment on column agent_commands.cancellable is 'the agent it went out to offers cancel';
comment on column agent_commands.instance_uid is 'the journal a copy may be at; pinned by the claim of a row that is not out';
comment on column agent_commands.next_send_at is 'not claimed before';
comment on column agent_commands.next_signal_at is 'no CANCEL or JOB_QUERY before; pauses grow with signals';
comment on column agent_commands.ends_by is 'without a word by then: OUTCOME_UNKNOWN';
-- The queue of a gateway, in the order issued.
create index agent_commands_queued on agent_commands (agent_id, issued_at, correlation_id) where state = 'QUEUED';
-- What the sweep looks at: everything not ended.
create index agent_commands_open on agent_commands (agent_id) where finished_at is null;
create index agent_commands_ends_by on agent_commands (ends_by) where finished_at is null;
create index agent_commands_expires on agent_commands (expires_at) where finished_at is null;
create unique index agent_commands_idempotency on agent_commands (issued_by_admin_id, agent_id, idempotency_key)
    where idempotency_key is not null;
create index agent_commands_history on agent_commands (agent_id, issued_at desc, correlation_id desc);
create index agent_commands_all on agent_commands (issued_at desc, correlation_id desc);
create index agent_commands_batch on agent_commands (batch_id) where batch_id is not null;

create table agent_command_results (
    id                  bigint generated always as identity primary key,
    correlation_id      uuid not null,
    execution_id        uuid not null,
    agent_id            text not null,
    command             text,
    status              text not null check (status in ('success', 'error')),
    rc                  integer,
    stdout_redacted     text,
    stderr_redacted     text,
    data                jsonb,
    truncated           boolean not null default false,
    stdout_bytes        integer,
    stderr_bytes        integer,
    error_code          text,
    error_msg           text,
    started_at          timestamptz,
    finished_at         timestamptz,
    duration_ms         bigint,
    issued_by_admin_id  text,
    late                boolean not null default false,
    received_at         timestamptz not null default now(),
    unique (correlation_id, execution_id)
);
create index agent_command_results_agent on agent_command_results (agent_id, id desc);

create table agent_events (
    id                  bigint generated always as identity primary key,
    type                text not null,
    agent_id            text,
    payload             jsonb not null default '{}',
    ts                  timestamptz not null default now()
);
create index agent_events_agent on agent_events (agent_id, id desc);
create index agent_events_type on agent_events (type, id desc);

create table audit_log (
    id                  bigint generated always as identity primary key,
    ts                  timestamptz not null default now(),
    who                 text not null,
    what                text not null,
    target              text,
    origin              text,
    outcome             text not null,
    detail              jsonb
);
comment on column audit_log.origin is 'from where: the caller''s address';
create index audit_log_ts on audit_log (ts desc, id desc);
create index audit_log_who on audit_log (who, id desc);

create table agent_credentials (
    id                  bigint generated always as identity primary key,
    agent_id            text not null references os_gateways,
    kind                text not null check (kind in ('ed25519', 'certificate')),
    key_id              text not null unique,
    public_key          bytea,
    fingerprint         bytea,
    status              text not null default 'active' check (status in ('pending', 'active', 'revoked')),
    created_at          timestamptz not null default now(),
    created_by          text,
    expires_at          timestamptz,
    last_used_at        timestamptz,
    revoked_at          timestamptz,
    check ((kind = 'ed25519') = (public_key is not null)),
    check ((kind = 'certificate') = (fingerprint is not null))
);
create index agent_credentials_agent on agent_credentials (agent_id);
create unique index agent_credentials_fingerprint on agent_credentials (fingerprint) where fingerprint is not null;

create table enrollment_tokens (
    id                  bigint generated always as identity primary key,
    sha256              bytea not null unique,
    uses_left           integer not null check (uses_left >= 0),
    agent_id            text,
    site                text,
    labels              jsonb not null default '{}',
    created_at          timestamptz not null default now(),
    created_by          text not null,
    expires_at          timestamptz not null,
    revoked_at          timestamptz
);

create table api_tokens (
    name                text primary key,
    sha256              text not null unique check (sha256 ~ '^[0-9a-f]{64}$'),
    role                text not null check (role in ('viewer', 'operator', 'admin')),
    sites               text[],
    verbs               text[],
    expires_at          timestamptz,
    created_at          timestamptz not null default now(),
    last_used_at        timestamptz,
    revoked_at          timestamptz
);
comment on column api_tokens.sites is 'null: all';
comment on column api_tokens.verbs is 'null: all';
