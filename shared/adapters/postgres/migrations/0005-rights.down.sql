drop function events.drop_day(date);
grant execute on function events.make_day(date) to public;
alter function events.make_day(date) security invoker reset search_path;
