-- What calls of services teach: how often each operation of each version fails and how long it takes,
-- what its answers look like, whether a canary is as good as the version beside it.
create schema traffic;

-- Calls that were counted: each once, however often its event comes.
create table traffic.seen (
  identity uuid primary key,
  day date not null
);
create index seen_day on traffic.seen (day);

-- Services with calls, and when what was learned of them was last given away.
create table traffic.service (
  service text primary key,
  called_at timestamptz not null,
  published_at timestamptz not null default '-infinity'
);

create table traffic.operation (
  service text not null,
  version text not null,
  operation text not null,
  hour timestamptz not null,
  calls bigint not null,
  failures bigint not null,
  -- Calls that took longer than a second.
  slow bigint not null,
  -- Times as a packed DDSketch of microseconds (shared/domain/sketch).
  sketch bytea not null,
  primary key (service, version, operation, hour)
);
create index operation_hour on traffic.operation (hour);

-- Both sides of a canary's trial, per revision of the service's rules.
create table traffic.arm (
  service text not null,
  revision integer not null,
  arm text not null check (arm in ('canary', 'baseline')),
  calls bigint not null,
  failures bigint not null,
  timed bigint not null,
  log_sum double precision not null,
  log_squares double precision not null,
  primary key (service, revision, arm)
);

create table traffic.trial (
  service text not null,
  revision integer not null,
  state text not null,
  why text not null,
  decided_at timestamptz not null,
  -- Whether the rules have followed, and an event says so.
  announced boolean not null default false,
  primary key (service, revision)
);
create index trial_unannounced on traffic.trial (service, revision)
where state = 'worse' and not announced;

-- What the JSON of answers looks like: places, the types seen there, how often.
create table traffic.shape (
  service text not null,
  version text not null,
  operation text not null,
  place text not null,
  type text not null,
  seen bigint not null,
  primary key (service, version, operation, place, type)
);

-- Whether the same question gets the same answer again: per question the digest of its last answer.
create table traffic.answer (
  service text not null,
  operation text not null,
  question uuid not null,
  digest text not null,
  repeats bigint not null,
  unchanged bigint not null,
  answered_at timestamptz not null,
  primary key (service, operation, question)
);
create index answer_answered_at on traffic.answer (answered_at);

-- Changes of instances' health and circuits.
create table traffic.change (
  identity uuid primary key,
  service text not null,
  instance text not null,
  changed_at timestamptz not null
);
create index change_changed_at on traffic.change (changed_at);
