-- Series of one point a minute: 30 days of one gateway, and today of a thousand others, beside whom it stands.
-- Wants bench/sql/fleet.sql first. About 1.5 million rows.
set synchronous_commit = off;

do $$
begin
    for back in 0 .. 30 loop
        execute format('create table if not exists os_gateway_metrics_%s partition of os_gateway_metrics for values from (%L) to (%L)',
                       to_char(now() at time zone 'UTC' - back * interval '1 day', 'YYYYMMDD'),
                       date_trunc('day', now(), 'UTC') - back * interval '1 day', date_trunc('day', now(), 'UTC') - (back - 1) * interval '1 day');
    end loop;
end
$$;

insert into os_gateway_metrics (agent_id, bucket, cpu_sum, cpu_max, cpu_samples, mem_sum, mem_max, mem_samples, disk_sum, disk_max, disk_samples,
                                load_sum, load_max, load_samples, epoch, n, counted)
select agent, at, 100 + n % 60, 90, 6, 240, 41, 6, 420, 70, 6, 3, 1, 6, 1, n, decode(repeat('00', 24), 'hex')
from (select 'gw-0000042' as agent, date_trunc('minute', now()) - m * interval '1 minute' as at, m as n from generate_series(1, 43000) m
      union all
      select 'gw-' || to_char(g, 'FM0000000'), date_trunc('day', now(), 'UTC') + m * interval '1 minute', m
      from generate_series(1000, 1999) g, generate_series(0, 1439) m) points;

vacuum analyze os_gateway_metrics;
