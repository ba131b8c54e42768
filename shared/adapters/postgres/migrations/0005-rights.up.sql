-- Functions may connect as a role that owns nothing. What only an owner can do stands here, and does
-- one thing each: making and dropping the partition of a day.
alter function events.make_day(date) security definer set search_path = pg_catalog, pg_temp;
revoke execute on function events.make_day(date) from public;

-- Drops the partition of a UTC day, where there is one.
create function events.drop_day(day date) returns boolean language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
  name text := 'event_' || to_char(day, 'YYYYMMDD');
begin
  if to_regclass('events.' || name) is null then
    return false;
  end if;
  execute format('drop table events.%I', name);
  return true;
end $$;
revoke execute on function events.drop_day(date) from public;
