-- The orders in which gateways are listed (ADR 19): one index serves both directions. Of columns that move seldom only: last_seen and the
-- figures change with telemetry, and an index on them would cost every one of those updates its place in the same page.
create index os_gateways_display_name on os_gateways (display_name, agent_id);
create index os_gateways_first_seen on os_gateways (first_seen, agent_id);
create index os_gateways_clone_suspected on os_gateways (agent_id) where clone_suspected;
