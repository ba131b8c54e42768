create schema log;

create table log.topic (
  name text primary key,
  retention_ms bigint not null check (retention_ms > 0)
);

create table log.partition (
  id integer generated always as identity primary key,
  topic text not null references log.topic (name),
  number integer not null check (number >= 0),
  -- Everything below it is past its retention and gone.
  first_offset bigint not null default 0,
  unique (topic, number)
);

-- Like Kafka's record batch: the records that one append put into one partition lie in one row
-- (`log-body.ts` says how), so a thousand records cost a few rows and index entries. Offsets are
-- dense. The primary key also guards them: an appender that took its offset from a stale end would
-- take one that is taken.
create table log.batch (
  partition_id integer not null,
  base_offset bigint not null,
  count integer not null check (count > 0),
  appended_at timestamptz not null,
  body bytea not null,
  primary key (partition_id, base_offset)
);

-- Compressing with pglz costs more processor time than the pages it saves.
alter table log.batch alter column body set storage external;

-- A member of a consumer group, as long as it keeps saying so.
create table log.member (
  id text primary key,
  group_name text not null,
  topic text not null,
  expires_at timestamptz not null
);
create index member_by_group on log.member (group_name, topic);

-- Where a group reads on, and which member may: the owner, while it is alive.
create table log.position (
  group_name text not null,
  partition_id integer not null,
  position bigint not null,
  owner text,
  primary key (group_name, partition_id)
) with (fillfactor = 50);

-- Appends slices of `body` to partitions. `ids` ascend, so appenders never wait for each other in a
-- circle. A partition's lock is held until the commit is visible: offsets become visible in order,
-- and a reader that saw one has seen all below it.
-- `befores`: records of earlier slices of the same partition in this call; `starts`: from 1.
-- Answers, and tells listeners, `id:first offset:end` of every partition, separated by commas.
create function log.append(
  ids integer[], counts integer[], befores integer[], starts integer[], sizes integer[], body bytea
) returns text language plpgsql as $$
declare
  appended text;
  slices integer;
begin
  perform pg_advisory_xact_lock(42069001, id) from unnest(ids) as id;
  with stored as (
    insert into log.batch (partition_id, base_offset, count, appended_at, body)
    select
      slice.id,
      coalesce(tail.next, p.first_offset) + slice.before,
      slice.count,
      clock_timestamp(),
      substring(append.body from slice.start for slice.size)
    from unnest(ids, counts, befores, starts, sizes) as slice (id, count, before, start, size)
    join log.partition p on p.id = slice.id
    left join lateral (
      select b.base_offset + b.count as next
      from log.batch b
      where b.partition_id = slice.id
      order by b.base_offset desc
      limit 1
    ) tail on true
    returning partition_id, base_offset, count
  ), span as (
    select
      partition_id,
      min(base_offset) as first,
      max(base_offset + count) as next,
      count(*) as slices
    from stored
    group by partition_id
  )
  select string_agg(partition_id || ':' || first || ':' || next, ','), sum(span.slices)
  into appended, slices
  from span;
  if slices is distinct from cardinality(ids) then
    raise exception 'a partition does not exist' using errcode = 'no_data_found';
  end if;
  -- A notification holds less than 8000 bytes; an empty one means that anything may be new.
  perform pg_notify('log_appended', case when length(appended) < 7900 then appended else '' end);
  return appended;
end
$$;

-- Says that members are alive, gives a group its first positions, and answers each partition of
-- their topics as every one of them sees it.
create function log.renew(
  member_ids text[], groups text[], topics text[], from_latest boolean[], lease_ms integer
) returns table (
  member text,
  partition_id integer,
  partition integer,
  owner text,
  owner_alive boolean,
  "position" bigint,
  first_offset bigint,
  next_offset bigint,
  members integer,
  rank integer
) language plpgsql as $$
#variable_conflict use_column
begin
  insert into log.member (id, group_name, topic, expires_at)
  select *, clock_timestamp() + lease_ms * interval '1 millisecond'
  from unnest(member_ids, groups, topics)
  on conflict (id) do update set expires_at = excluded.expires_at;

  delete from log.member
  where group_name = any(groups) and expires_at < clock_timestamp() - interval '1 minute';

  -- A partition that came later is read from its beginning, also by a group that began at the end:
  -- what it holds arrived after the group did.
  insert into log.position (group_name, partition_id, position)
  select
    m.group_name,
    p.id,
    case
      when m.latest and not exists (
        select from log.position other
        join log.partition sibling on sibling.id = other.partition_id
        where other.group_name = m.group_name and sibling.topic = m.topic
      ) then coalesce(tail.next, p.first_offset)
      else p.first_offset
    end
  from unnest(groups, topics, from_latest) as m (group_name, topic, latest)
  join log.partition p on p.topic = m.topic
  left join lateral (
    select b.base_offset + b.count as next
    from log.batch b
    where b.partition_id = p.id
    order by b.base_offset desc
    limit 1
  ) tail on m.latest
  where not exists (
    select from log.position known
    where known.group_name = m.group_name and known.partition_id = p.id
  )
  on conflict do nothing;

  return query
  select
    m.id,
    p.id,
    p.number,
    held.owner,
    exists (
      select from log.member alive
      where alive.id = held.owner and alive.expires_at > clock_timestamp()
    ),
    held.position,
    p.first_offset,
    coalesce(tail.next, p.first_offset),
    others.members,
    others.rank
  from unnest(member_ids, groups, topics) as m (id, group_name, topic)
  cross join lateral (
    select
      count(*)::integer as members,
      (count(*) filter (where other.id < m.id))::integer as rank
    from log.member other
    where other.group_name = m.group_name
      and other.topic = m.topic
      and other.expires_at > clock_timestamp()
  ) others
  join log.partition p on p.topic = m.topic
  join log.position held on held.group_name = m.group_name and held.partition_id = p.id
  left join lateral (
    select b.base_offset + b.count as next
    from log.batch b
    where b.partition_id = p.id
    order by b.base_offset desc
    limit 1
  ) tail on true;
end
$$;
