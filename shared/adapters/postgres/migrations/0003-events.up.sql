create schema events;
create schema sessions;
create schema metrics;

-- The newest sequence number. Its row is locked from an event's insert to the commit, so numbers
-- are dense and become visible in their order.
create table events.counter (
  only_row boolean primary key default true check (only_row),
  latest bigint not null
);
insert into events.counter (latest) values (0);

-- What has been counted: an event's identity is kept far longer than the log keeps its record.
create table events.identity (
  key uuid primary key,
  content uuid not null,
  day date not null
);
create index identity_day on events.identity using brin (day) with (pages_per_range = 16);

-- Conflicts that have become dead letters: another content under an identity that was taken.
create table events.conflict (
  key uuid not null,
  content uuid not null,
  day date not null,
  primary key (key, content)
);

-- Where events come from and what they are: few combinations, so one index serves every filter.
create table events.kind (
  id integer generated always as identity primary key,
  source text collate "C" not null,
  topic text collate "C" not null,
  type text collate "C" not null,
  unique (source, topic, type)
);

create table events.event (
  seq bigint not null,
  recorded_at timestamptz not null,
  time timestamptz not null,
  kind integer not null,
  redacted integer not null,
  duration_ms double precision,
  id text collate "C" not null,
  session text collate "C",
  operation text collate "C" not null,
  phase text collate "C" not null,
  outcome text collate "C",
  subject text collate "C",
  call_id text collate "C",
  correlation_id text collate "C",
  causation_id text collate "C",
  traceparent text collate "C",
  datacontenttype text collate "C",
  dataschema text collate "C",
  -- JSON object of the attributes that have no column.
  extensions text collate "C",
  -- The payload as it came: text (JSON is not parsed, so nothing of it is lost), else bytes.
  body text collate "C",
  body_bytes bytea,
  -- What `q` searches: lower-case words between single spaces.
  words text collate "C" not null
) partition by range (recorded_at);

create index event_seq on events.event (seq);
create index event_id on events.event (id);
create index event_time on events.event (time, seq);
create index event_kind on events.event (kind, time, seq);
create index event_session on events.event (session, time, seq) where session is not null;

-- Takes what no day partition covers: nothing is refused because a partition is missing.
create table events.event_other partition of events.event default
  with (toast_tuple_target = 8160);

-- Makes the partition of a UTC day, moving there what had to go to the default one meanwhile.
create function events.make_day(day date) returns boolean language plpgsql as $$
declare
  name text := 'event_' || to_char(day, 'YYYYMMDD');
  first timestamptz := day::timestamp at time zone 'UTC';
  past timestamptz := (day + 1)::timestamp at time zone 'UTC';
begin
  if to_regclass('events.' || name) is not null then
    return false;
  end if;
  -- Rows of up to 8 kB stay whole: compressing them costs more than all the rest of an insert.
  execute format('create table events.%I (like events.event including defaults)
    with (toast_tuple_target = 8160)', name);
  execute 'lock table events.event_other in share row exclusive mode';
  execute format('with moved as (
      delete from events.event_other where recorded_at >= %L and recorded_at < %L returning *
    ) insert into events.%I select * from moved', first, past, name);
  execute format('alter table events.event attach partition events.%I for values from (%L) to (%L)',
    name, first, past);
  return true;
end $$;

select events.make_day(((now() at time zone 'UTC')::date + ahead)) from generate_series(-1, 3) ahead;

-- For a run of sequence numbers, a Bloom filter over all their words. Four rows fit a page.
create table events.word_block (
  last_seq bigint primary key,
  first_seq bigint not null,
  from_time timestamptz not null,
  to_time timestamptz not null,
  filter bit(15360) not null
);
alter table events.word_block alter column filter set storage plain;

-- How far each partition of the log has been recorded, for people; effects never depend on it.
create table events.position (
  topic text collate "C" not null,
  partition integer not null,
  next_offset bigint not null,
  recorded_at timestamptz not null,
  primary key (topic, partition)
);

create table sessions.session (
  id text collate "C" primary key,
  state text collate "C" not null check (state in ('active', 'ended', 'lapsed')),
  -- Own times of the earliest and latest event, of the latest start and the latest end.
  started_at timestamptz not null,
  last_seen_at timestamptz not null,
  last_start_at timestamptz,
  last_end_at timestamptz,
  last_recorded_at timestamptz not null,
  parent text collate "C",
  events bigint not null,
  executions bigint not null,
  errors bigint not null
);
create index session_seen on sessions.session (last_seen_at, id);
create index session_state on sessions.session (state, last_seen_at, id);
create index session_silent on sessions.session (last_recorded_at) where state = 'active';

create table sessions.session_source (
  session text collate "C" not null,
  source text collate "C" not null,
  first_recorded_at timestamptz not null,
  primary key (session, source)
);
create index session_source_source on sessions.session_source (source, session);

-- One row per execution; before and after hold what pairing needs to know of each event.
create table sessions.execution (
  -- '' for events outside any session.
  session text collate "C" not null,
  key uuid not null,
  source text collate "C" not null,
  operation text collate "C" not null,
  call_id text collate "C",
  started_at timestamptz not null,
  -- Arrival of the newest of its events.
  recorded_at timestamptz not null,
  before_at timestamptz,
  after_at timestamptz,
  outcome text collate "C",
  duration_ms double precision,
  before text collate "C",
  after text collate "C",
  primary key (session, key)
) with (fillfactor = 85);
create index execution_turn on sessions.execution (session, source, operation, after_at, before_at)
  where call_id is null;
create index execution_alone on sessions.execution (recorded_at) where session = '';

-- Executions by start, operation, source and latency bucket, each counted per minute, hour and day.
create table metrics.operation (
  -- Minutes: 1, 60 or 1440.
  step smallint not null,
  start timestamptz not null,
  operation text collate "C" not null,
  source text collate "C" not null,
  -- DDSketch bucket of the duration in microseconds; -2 where there is none.
  bucket smallint not null,
  count bigint not null,
  errors bigint not null,
  primary key (step, start, operation, source, bucket)
) with (fillfactor = 80);
