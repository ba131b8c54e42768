create schema access;

-- The one row behind every snapshot. Each change locks it first, so changes come one after another;
-- a snapshot is due while version is ahead of published_version.
create table access.state (
  only_row boolean primary key default true check (only_row),
  version bigint not null,
  published_version bigint not null
);
insert into access.state (version, published_version) values (0, -1);

create table access.key (
  id text primary key,
  name text not null,
  digest text not null unique check (digest ~ '^[0-9a-f]{64}$'),
  roles text[] not null check (cardinality(roles) > 0),
  created_at timestamptz not null,
  expires_at timestamptz
);

create table access.source (
  name text primary key,
  dialect text not null,
  topic text,
  key_template text,
  redact jsonb,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table access.source_secret (
  source text not null references access.source on delete cascade,
  sealed text not null,
  -- Keyed digest of the secret, so that people can tell two apart.
  fingerprint text not null,
  created_at timestamptz not null,
  primary key (source, fingerprint)
);
