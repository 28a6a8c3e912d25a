-- The audit log of one caller, in the order in which it is shown; the older index knows ids only.
create index audit_log_who_ts on audit_log (who, ts desc, id desc);
drop index audit_log_who;

-- A token limited to no site would read as one limited to none: it says null for all, or names some.
alter table api_tokens
    add constraint api_tokens_sites_named check (cardinality(sites) > 0) not valid,
    add constraint api_tokens_verbs_named check (cardinality(verbs) > 0) not valid;
