-- Requests that callers made of services within a window of time. Unlogged: a count that is lost with
-- the database's process is a limit that begins anew, and nobody waits for a disk.
create schema limits;

create unlogged table limits.used (
  subject text not null,
  window_start timestamptz not null,
  window_end timestamptz not null,
  used integer not null,
  -- What the last lease was given.
  granted integer not null,
  primary key (subject, window_start, window_end)
);

create index used_window_end on limits.used (window_end);
