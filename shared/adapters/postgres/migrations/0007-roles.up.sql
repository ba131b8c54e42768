-- Roles, token issuers and client certificates as operators enter them. `distinguished_by` is what no
-- two of a kind may have in common, such as an issuer's `iss`.
create table access.role (
  name text primary key,
  settings jsonb not null,
  distinguished_by text unique,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create table access.issuer (like access.role including all);
create table access.certificate (like access.role including all);

-- The end of the audit trail, to which each change of access adds an entry that names the digest of the
-- one before. Changes come one after another, since each holds the row of access.state.
create table access.trail (
  only_row boolean primary key default true check (only_row),
  entry bigint not null,
  digest text not null
);
insert into access.trail (entry, digest) values (0, '');

-- Entries on their way to the event log: written with the change itself, gone once the log has them.
create table access.outbox (
  entry bigint primary key,
  id uuid not null,
  type text not null,
  at timestamptz not null,
  -- As text, so that what the digest was made of stays as it was.
  data text not null
);
