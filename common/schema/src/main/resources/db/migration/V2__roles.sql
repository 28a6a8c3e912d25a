-- One login per service with the least rights (spec 4). Roles belong to the whole cluster, so they may be there already; passwords are set by
-- whoever migrates, never here.
do $$
declare
    name text;
begin
    foreach name in array array['telemetry_writer', 'results_writer', 'admin_api'] loop
        begin
            if not exists (select from pg_roles where rolname = name) then
                execute format('create role %I login', name);
            end if;
        exception when duplicate_object or unique_violation then
            null; -- somebody else made it in the same moment
        end;
        execute format('grant connect on database %I to %I', current_database(), name);
        execute format('grant usage on schema %I to %I', current_schema(), name);
        execute format('alter role %I set statement_timeout = ''30s''', name);
        execute format('alter role %I set lock_timeout = ''10s''', name);
        execute format('alter role %I set idle_in_transaction_session_timeout = ''60s''', name);
    end loop;
end
$$;
revoke create on schema public from public;

-- telemetry_writer: what agents report. Never commands, tokens, credentials, or what admins own.
grant select on os_gateways to telemetry_writer;
grant insert (agent_id, reported_site, reported_labels, hostname, version, instance_uid, capabilities, supported_verbs, features, max_concurrency,
              metadata, auth, credential, boot_id, status, clone_suspected, clock_skew_ms, first_seen, last_seen, epoch, n, created_by)
    on os_gateways to telemetry_writer;
grant update (reported_site, reported_labels, hostname, version, instance_uid, capabilities, supported_verbs, features, max_concurrency, metadata,
              auth, credential, boot_id, status, clone_suspected, clock_skew_ms, first_seen, last_seen, epoch, n)
    on os_gateways to telemetry_writer;
grant select, insert, update on os_gateway_status, os_gateway_metrics, agent_sessions, bridges to telemetry_writer;
grant select, insert on agent_events to telemetry_writer;

-- results_writer: the ledger and results. Reads what it needs to know of gateways and sessions.
grant select on os_gateways, agent_sessions, bridges to results_writer;
grant select, insert, update on agent_commands to results_writer;
grant select, insert on agent_command_results, agent_events to results_writer;
grant insert on audit_log to results_writer;

-- admin_api: reads all, accepts and cancels commands, edits what admins own. Results, events and the audit log are append-only or not its own.
grant select on all tables in schema public to admin_api;
grant insert (agent_id, display_name, site, labels, notes, version_min, edit_version, dir_rev, dir_pending, status, created_by)
    on os_gateways to admin_api;
grant update (display_name, site, labels, notes, version_min, edit_version, dir_rev, dir_pending, status, clone_suspected, clone_cleared_at,
              decommissioned_at)
    on os_gateways to admin_api;
grant insert, update on agent_commands to admin_api;
grant insert on audit_log, agent_events to admin_api;
grant insert, update on agent_credentials, enrollment_tokens, api_tokens to admin_api;
