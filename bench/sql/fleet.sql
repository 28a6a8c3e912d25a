-- A fleet as large as asked for, with the figures of its last frames: for measuring lists (docs/performance.md).
-- Wants an empty, migrated database and the setting viw.gateways (100000 without it). About 10 s per 100 000 gateways.
set synchronous_commit = off;

insert into os_gateways (agent_id, display_name, site, labels, notes, reported_site, hostname, version, instance_uid, capabilities, supported_verbs,
                         features, max_concurrency, auth, boot_id, status, clone_suspected, first_seen, last_seen, epoch, n, dir_pending)
select 'gw-' || to_char(n, 'FM0000000'),
       case when n % 20 > 0 then 'Gateway ' || substr(md5(n::text), 1, 8) end,
       case when n % 50 > 0 then 'site-' || to_char(n % 200, 'FM000') end,
       jsonb_build_object('tier', (array['gold', 'silver', 'bronze'])[1 + n % 3], 'rack', (n % 40)::text, 'customer', 'c' || n % 1000)
           || case when n % 10 = 0 then '{"canary": "yes"}'::jsonb else '{}' end,
       case when n % 30 = 0 then repeat('Door code is with the janitor. ', 6) end,
       'reported-' || n % 200, 'host-' || substr(md5('h' || n), 1, 10) || '.example.net', '1.' || n % 6 || '.' || n % 4, gen_random_uuid(),
       '["shell", "docker", "systemd"]',
       '["echo", "ping", "restart_service", "restart_container", "docker_ps", "journal_tail", "disk_usage", "update_agent", "shutdown_agent",
         "reboot_host", "rotate_key", "create_panel_user", "apply_config", "run_check"]',
       '["ack", "journal", "job_status", "cancel", "progress"]', 4, 'key', md5(n::text),
       case when n % 100 = 0 then 'decommissioned' when n % 100 in (1, 2) then 'expected' when n % 100 = 3 then 'unknown'
            when n % 100 < 12 then 'disconnected' else 'connected' end,
       n % 5000 = 77,
       case when n % 100 not in (1, 2) then now() - n % 40000 * interval '17 minutes' end,
       case when n % 100 not in (1, 2) then now() - case when n % 100 < 12 then n % 40000 * interval '17 minutes' else n % 15 * interval '1 second' end end,
       1, n, false
from generate_series(1, coalesce(current_setting('viw.gateways', true), '100000')::integer) n;

insert into os_gateway_status (agent_id, cpu_pct, mem_pct, disk_pct, load1, containers_running, services, containers, payload, reported_at, epoch, n)
select agent_id, (n * 7919 % 10007) / 100.07, (n * 104729 % 10009) / 100.09, (n * 1299709 % 10037) / 100.37, (n % 97) / 10.0, n % 9,
       '{"sshd": "active", "docker": "active", "chrony": "active", "nginx": "failed"}',
       (select jsonb_agg(jsonb_build_object('id', substr(md5(n::text || c), 1, 12), 'name', 'app-' || c, 'image', 'registry.example.net/app:' || c,
                                            'state', 'running', 'status', 'Up 3 weeks'))
        from generate_series(0, (n % 9)::integer) c),
       jsonb_build_object('cpu_pct', (n * 7919 % 10007) / 100.07, 'uptime_s', n * 31, 'net', jsonb_build_object('rx', n * 1000, 'tx', n * 900)),
       last_seen, 1, n
from os_gateways
where last_seen is not null;

vacuum analyze os_gateways;
vacuum analyze os_gateway_status;
