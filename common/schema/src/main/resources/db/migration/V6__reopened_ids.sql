-- An id that an admin opened for the shared secret again (spec 2.1): credentials up to this one count no more. By the id of the row, not by time:
-- clocks of replicas differ.
alter table os_gateways add column reopened_after bigint;
comment on column os_gateways.reopened_after is 'credentials up to this id no longer keep the shared secret from opening the gateway';
grant update (reopened_after) on os_gateways to admin_api;
