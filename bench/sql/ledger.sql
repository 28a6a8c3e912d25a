-- A ledger as large as asked for, over thirty days, for measuring its lists and exports (docs/performance.md).
-- Wants a migrated database with the gateways of fleet.sql, and the setting viw.commands (1000000 without it). The indexes are made again after the
-- rows. About 60 s for a million.
set synchronous_commit = off;

create temporary table ledger_indexes as
select indexname, indexdef from pg_indexes
where tablename = 'agent_commands' and indexname <> 'agent_commands_pkey';

do $$
declare
    name text;
begin
    for name in select indexname from ledger_indexes loop
        execute format('drop index %I', name);
    end loop;
end
$$;

insert into agent_commands (correlation_id, agent_id, verb, args, envelope, origin, delivery, state, ended_by, error_code, attempt, released,
                            instance_uid, sent_at, idempotency_key, request_hash, batch_id, issued_by_admin_id, issued_at, expires_at, ends_by,
                            timeout_s, dispatched_at, acked_at, finished_at)
select gen_random_uuid(), 'gw-' || to_char(1 + (n * 7919) % gateways, 'FM0000000'),
       (array['echo', 'docker_ps', 'restart_service', 'journal_tail', 'run_check', 'update_agent', 'create_panel_user', 'reboot_host'])
           [case when r < 400 then 1 when r < 700 then 2 when r < 880 then 3 when r < 950 then 4 when r < 990 then 5 when r < 997 then 6
                 when r < 999 then 7 else 8 end],
       jsonb_build_object('name', 'svc-' || n % 500, 'reason', 'ticket ' || n), convert_to(repeat('x', 600), 'UTF8'),
       case when n % 2003 = 0 then 'stream' else 'api' end, case when n % 17 = 0 then 'IMMEDIATE' else 'QUEUE' end, s.state,
       case when s.state in ('QUEUED', 'DISPATCHED', 'ACKED') then null when s.state in ('SUCCEEDED', 'FAILED') then 'result' else 'ledger' end,
       case when s.state = 'FAILED' then 'NonZeroExit' end, case when s.state = 'QUEUED' then 0 else 1 end, 0, gen_random_uuid(), at,
       case when n % 3 = 0 then 'key-' || n end, decode(md5(n::text), 'hex'),
       case when n % 20000 < 1000 then md5('batch' || n / 20000)::uuid end,
       case when n % 5 < 3 then 'panel' else 'admin-' || n % 40 end, at, at + interval '60 s', at + interval '25 h', 30,
       case when s.state <> 'QUEUED' then at + interval '80 ms' end, case when s.state not in ('QUEUED', 'DISPATCHED') then at + interval '120 ms' end,
       case when s.state not in ('QUEUED', 'DISPATCHED', 'ACKED') then at + interval '900 ms' end
from (select n, (n * 104729::bigint) % 1000 as r,
             now() - (commands - n) * (interval '30 days' / commands) as at, gateways, commands
      from (select coalesce(current_setting('viw.commands', true), '1000000')::bigint as commands,
                   (select count(*) from os_gateways) as gateways) m,
           generate_series(1::bigint, m.commands) n) c
cross join lateral (
    select case when n > commands - 4000 then (array['QUEUED', 'QUEUED', 'DISPATCHED', 'ACKED'])[1 + n % 4]
                when n * 31 % 1000 < 930 then 'SUCCEEDED' when n * 31 % 1000 < 970 then 'FAILED' when n * 31 % 1000 < 985 then 'EXPIRED'
                when n * 31 % 1000 < 990 then 'REJECTED' when n * 31 % 1000 < 993 then 'CANCELLED' when n * 31 % 1000 < 995 then 'EXEC_TIMED_OUT'
                else 'OUTCOME_UNKNOWN' end as state) s;

do $$
declare
    definition text;
begin
    for definition in select indexdef from ledger_indexes loop
        execute definition;
    end loop;
end
$$;

vacuum analyze agent_commands;
