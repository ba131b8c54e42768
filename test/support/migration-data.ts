import type { Sql } from '#shared/adapters/postgres/connect.ts'

/** What each migration's tables may hold, as SQL of that version: a row in every table. */
export const dataOf: Readonly<Record<number, string>> = {
  1: `
    insert into log.topic values ('hooks.custom', 604800000);
    insert into log.partition (topic, number) values ('hooks.custom', 0), ('hooks.custom', 1);
    insert into log.batch values (1, 0, 2, '2026-11-20T10:00:00Z', '\\x010203');
    insert into log.member values ('m', 'g', 'hooks.custom', '2026-11-20T10:00:00Z');
    insert into log.position values ('g', 1, 2, 'm');`,
  2: `
    update access.state set version = 7, published_version = 6;
    insert into access.key values
      ('a', 'first', repeat('0', 64), '{admin}', '2026-11-20T10:00:00Z', null);
    insert into access.source values
      ('shop', 'stripe', null, null, '{"emails": true}', '2026-11-20T10:00:00Z', '2026-11-20T10:00:00Z');
    insert into access.source_secret values ('shop', 'v1.sealed', 'f', '2026-11-20T10:00:00Z');`,
  3: `
    update events.counter set latest = 2;
    insert into events.identity values
      ('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002', '2026-11-20');
    insert into events.conflict values
      ('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000003', '2026-11-20');
    insert into events.kind (source, topic, type) values ('shop', 'hooks.custom', 'hooks.custom.paid');
    insert into events.event
      (seq, recorded_at, time, kind, redacted, id, operation, phase, body, words)
    values
      (1, '2020-01-01T10:00:00Z', '2020-01-01T10:00:00Z', 1, 0, 'old', 'pay', 'point', '{}', 'pay'),
      (2, now(), now(), 1, 0, 'new', 'pay', 'point', '{"a":1}', 'pay');
    insert into events.word_block
    values (2, 1, '2020-01-01T10:00:00Z', '2026-11-20T10:00:00Z', repeat('1', 15360)::bit(15360));
    insert into events.position values ('hooks.custom', 0, 2, '2026-11-20T10:00:00Z');
    insert into sessions.session values
      ('s', 'active', '2026-11-20T10:00:00Z', '2026-11-20T10:00:00Z', null, null,
       '2026-11-20T10:00:00Z', null, 2, 1, 0);
    insert into sessions.session_source values ('s', 'shop', '2026-11-20T10:00:00Z');
    insert into sessions.execution values
      ('s', '00000000-0000-0000-0000-000000000004', 'shop', 'pay', null, '2026-11-20T10:00:00Z',
       '2026-11-20T10:00:00Z', '2026-11-20T10:00:00Z', null, 'ok', 1.5, 'b', null);
    insert into metrics.operation values (1, '2026-11-20T10:00:00Z', 'pay', 'shop', 3, 4, 1);`,
  4: `
    insert into patterns.operation (digest, name)
    values ('00000000-0000-0000-0000-000000000005', 'pay');
    insert into patterns.scope (digest, name) values ('00000000-0000-0000-0000-000000000006', 'shop');
    insert into patterns.session (key) values ('00000000-0000-0000-0000-000000000007');
    insert into patterns.step values
      ('00000000-0000-0000-0000-000000000008', '00000000-0000-0000-0000-000000000007',
       1, 2, 1, 1, 0, 0, 0, -1, 20000);
    insert into patterns.checkpoint values
      ('00000000-0000-0000-0000-000000000007', 1, 2, '00000000-0000-0000-0000-000000000008', '');
    insert into patterns.ngram values (0, 1, -1, -1, -1, 1, 0, 1, 2, 4, 1, 2);
    insert into patterns.sketch values (0, 1, -1, 0, '\\x00');
    insert into patterns.pulse values (0, 1, 480000, 4, 1, 0, 5, 100, 1, 2);
    insert into patterns.anomaly values (0, 1, 'errors', 1, 2, 0.5, 0.1, 0.01, 0.05, 10);`,
  6: `
    update registry.revision set latest = 3;
    insert into registry.instance
      (service, id, announced, check_kind, ttl_ms, condition, note, expires_at, lease)
    values ('shop', 'one', '{"port":80}', 'ttl', 30000, 'passing', '', '2026-11-20T10:00:00Z', 1);
    insert into registry.entry values ('routing/shop', '\\x7b7d', 3);
    insert into registry.lock values
      ('learn', '00000000-0000-0000-0000-000000000009', 2, 0, '2026-11-20T10:00:00Z');`,
  7: `
    insert into access.role values
      ('billing-reader', '{"grants": []}', null, '2026-11-20T10:00:00Z', '2026-11-20T10:00:00Z');
    insert into access.issuer values
      ('login', '{}', 'https://login.example', '2026-11-20T10:00:00Z', '2026-11-20T10:00:00Z');
    insert into access.certificate values
      ('web', '{}', 'subject CN=web', '2026-11-20T10:00:00Z', '2026-11-20T10:00:00Z');
    update access.trail set entry = 1, digest = repeat('0', 64);
    insert into access.outbox values (1, '00000000-0000-0000-0000-00000000000c',
      'services.lifecycle.role_changed', '2026-11-20T10:00:00Z', '{}');`,
  8: `
    insert into limits.used values
      ('billing key-1', '2026-11-20T10:00:00Z', '2026-11-20T10:01:00Z', 3, 1);`,
  9: `
    insert into traffic.seen values ('00000000-0000-0000-0000-000000000009', '2026-11-20');
    insert into traffic.service values ('billing', '2026-11-20T10:00:00Z');
    insert into traffic.operation values
      ('billing', '1.2.0', 'GET /invoices/{id}', '2026-11-20T10:00:00Z', 3, 1, 0, '\\x00');
    insert into traffic.arm values ('billing', 4, 'canary', 3, 1, 2, 7.5, 30.25);
    insert into traffic.trial values
      ('billing', 4, 'collecting', 'nothing is certain', '2026-11-20T10:00:00Z');
    insert into traffic.shape values ('billing', '1.2.0', 'GET /invoices/{id}', '/total', 'number', 2);
    insert into traffic.answer values ('billing', 'GET /invoices/{id}',
      '00000000-0000-0000-0000-00000000000a', 'd', 2, 1, '2026-11-20T10:00:00Z');
    insert into traffic.change values
      ('00000000-0000-0000-0000-00000000000b', 'billing', 'b-1', '2026-11-20T10:00:00Z');`,
}

/** Every row of every table in some schemas, by table. */
export async function allRows(sql: Sql, schemas: readonly string[]) {
  const tables = await sql<{ name: string }[]>`
    select format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any(${schemas as string[]}) and c.relkind in ('r', 'p')
      and not c.relispartition
    order by 1`
  const rows: Record<string, unknown[]> = {}
  for (const { name } of tables) {
    const found = await sql.unsafe(`select to_jsonb(t) as row from ${name} t order by t::text`)
    rows[name] = found.map(({ row }) => row)
  }
  return rows
}

/** Everything that migrations make, as the catalogue tells it: tables, columns, indexes, functions. */
export async function allObjects(sql: Sql) {
  const ours = sql`n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'public')`
  const columns = await sql`
    select n.nspname, c.relname, c.relkind, c.reloptions, a.attname,
      format_type(a.atttypid, a.atttypmod) as type, a.attnotnull, a.attidentity, a.attstorage,
      pg_get_expr(d.adbin, d.adrelid) as expression
    from pg_namespace n
    join pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'p', 'i', 'I')
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where ${ours} order by 1, 2, a.attnum`
  const constraints = await sql`
    select n.nspname, c.conrelid::regclass::text as table, pg_get_constraintdef(c.oid) as definition
    from pg_constraint c join pg_namespace n on n.oid = c.connamespace where ${ours} order by 1, 2, 3`
  const indexes = await sql`
    select indexdef from pg_indexes n where schemaname !~ '^pg_' and schemaname <> 'public'
    order by 1`
  const functions = await sql`
    select pg_get_functiondef(p.oid) as definition,
      array(select unnest(coalesce(p.proacl, acldefault('f', p.proowner)))::text order by 1) as rights
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${ours} order by 1`
  return { columns, constraints, indexes, functions }
}
