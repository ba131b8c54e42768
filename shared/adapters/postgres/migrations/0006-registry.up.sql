-- Where services are found, what is shared about them, and locks: the directory, the key-value store and
-- the locks of a place without Consul.
create schema registry;

-- Counts what was changed in each of the tables below. Whoever changes something there raises it last
-- (but for keys and locks, which have their number from it, and raise it first): a reader who sees a
-- number sees everything up to it, and numbers grow over deletions.
create table registry.revision (
  subject text collate "C" primary key,
  latest bigint not null
);
insert into registry.revision values ('instance', 0), ('entry', 0), ('lock', 0);

create table registry.instance (
  service text collate "C" not null,
  id text collate "C" not null,
  -- Address, port, version, protocol, capabilities, tags and meta. Not jsonb, which knows no \u0000.
  announced json not null,
  check_kind text not null check (check_kind in ('ttl', 'http')),
  ttl_ms integer,
  check_url text,
  interval_ms integer,
  timeout_ms integer,
  remove_after_ms bigint,
  condition text not null check (condition in ('passing', 'warning', 'critical')),
  note text not null,
  -- Why it is out of service; null while it is in.
  maintenance text,
  critical_since timestamptz,
  -- Of a TTL check: when it becomes critical unless something is heard; null once it has.
  expires_at timestamptz,
  -- Of an HTTP check: when it is asked, or lent to another watcher if the one that has it says nothing.
  next_check_at timestamptz,
  leased_at timestamptz,
  lease bigint not null,
  primary key (service, id),
  check (case check_kind when 'ttl' then ttl_ms is not null
    else check_url is not null and interval_ms is not null and timeout_ms is not null end)
)
-- Renewals change columns without an index, in place: looking through ten thousand instances each
-- second costs less than an index that every renewal would have to change.
with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

create table registry.entry (
  key text collate "C" primary key,
  -- UTF-8 of a text, which may hold what PostgreSQL's text can't.
  value bytea not null,
  version bigint not null
);

create table registry.lock (
  name text collate "C" primary key,
  -- Null after a release.
  holder uuid,
  token bigint not null,
  lock_delay_ms integer not null,
  -- When others may have it: the end of the TTL and the delay, or the moment of the release.
  free_from timestamptz not null
);
