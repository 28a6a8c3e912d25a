-- An agent's last word is brought in, and its row locked, by one upsert (ADR 28); what was known before comes back with it, for the frames of the
-- same batch that are older than the last.
alter table os_gateway_status
    add column before_epoch bigint not null default 0,
    add column before_n bigint not null default -1;
comment on column os_gateway_status.before_epoch is 'with before_n: the (epoch, n) that the present one has replaced';
