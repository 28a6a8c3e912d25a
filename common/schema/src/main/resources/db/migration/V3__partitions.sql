-- Days of os_gateway_metrics: made ahead, and dropped after their retention. Run with the owner's rights by telemetry_writer, at its start and every hour.
create function viw_maintain_partitions(days_ahead integer, days_kept integer) returns table (made integer, dropped integer)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as
$$
declare
    day date;
    part text;
    utc_today date := (now() at time zone 'UTC')::date;
begin
    if days_ahead not between 1 and 31 or days_kept not between 1 and 3660 then
        raise exception 'days_ahead must be 1 to 31 and days_kept 1 to 3660' using errcode = '22023';
    end if;
    -- One at a time, whoever calls.
    perform pg_advisory_xact_lock(hashtext('viw_maintain_partitions'));
    made := 0;
    dropped := 0;
    -- Yesterday too: a batch may have waited over midnight.
    for offset_days in -1 .. days_ahead loop
        day := utc_today + offset_days;
        part := 'os_gateway_metrics_' || to_char(day, 'YYYYMMDD');
        if to_regclass('public.' || part) is null then
            execute format('create table public.%I partition of public.os_gateway_metrics for values from (%L) to (%L)',
                           part, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
            execute format('grant select, insert, update on public.%I to telemetry_writer', part);
            execute format('grant select on public.%I to admin_api', part);
            made := made + 1;
        end if;
    end loop;
    for part in
        select c.relname
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'public.os_gateway_metrics'::regclass
          and c.relname ~ '^os_gateway_metrics_[0-9]{8}$'
          and to_date(right(c.relname, 8), 'YYYYMMDD') < utc_today - days_kept
    loop
        execute format('drop table public.%I', part);
        dropped := dropped + 1;
    end loop;
    return next;
end
$$;
revoke all on function viw_maintain_partitions(integer, integer) from public;
grant execute on function viw_maintain_partitions(integer, integer) to telemetry_writer;
select viw_maintain_partitions(3, 30);
