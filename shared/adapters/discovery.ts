import { readFile } from 'node:fs/promises'
import { jsonSecret } from '../domain/json-secret.ts'
import { Failure } from '../errors.ts'
import type { CloudAccess } from '../ports/cloud-access.ts'
import type { Directory } from '../ports/directory.ts'
import type { HealthChecks } from '../ports/health-checks.ts'
import type { KeyValue } from '../ports/key-value.ts'
import type { Locks } from '../ports/locks.ts'
import type { Mesh } from '../ports/mesh.ts'
import { cloudAccess } from './cloud-access.ts'
import { consulTarget } from './consul/consul-url.ts'
import type { ConsulSettings } from './consul/settings.ts'
import { secretValue } from './secret-value.ts'

const SCHEMES: Readonly<Record<string, 'postgres' | 'consul'>> = {
  postgres: 'postgres',
  postgresql: 'postgres',
  consul: 'consul',
}

/** Which kind of place a URL names; its forms are in docs/reference/connections.md. */
function kindOf(url: string): 'postgres' | 'consul' {
  const kind = SCHEMES[/^([a-z]+):/.exec(url)?.[1] ?? '']
  if (kind) return kind
  throw new Failure(
    'InvalidInput',
    'the discovery URL begins with neither postgres:// nor consul://',
  )
}

/** The directory behind a URL. @throws `InvalidInput`, `Misconfigured` and `Unavailable` for its secrets */
export async function openDirectory(url: string): Promise<Directory> {
  return kindOf(url) === 'postgres'
    ? (await import('./postgres/directory.ts')).postgresDirectory(url)
    : (await import('./consul/directory.ts')).consulDirectory(await consulAt(url))
}

/** The key-value store behind a URL. @throws as `openDirectory` */
export async function openKeyValue(url: string): Promise<KeyValue> {
  return kindOf(url) === 'postgres'
    ? (await import('./postgres/key-value.ts')).postgresKeyValue(url)
    : (await import('./consul/key-value.ts')).consulKeyValue(await consulAt(url))
}

/** The locks behind a URL. @throws as `openDirectory` */
export async function openLocks(url: string): Promise<Locks> {
  return kindOf(url) === 'postgres'
    ? (await import('./postgres/locks.ts')).postgresLocks(url)
    : (await import('./consul/locks.ts')).consulLocks(await consulAt(url))
}

/**
 * The checks that a directory leaves to a watcher; undefined where it checks by itself, as Consul does.
 *
 * @throws as `openDirectory`
 */
export async function openHealthChecks(url: string): Promise<HealthChecks | undefined> {
  if (kindOf(url) === 'consul') return undefined
  return (await import('./postgres/registry-checks.ts')).postgresHealthChecks(url)
}

/** The service mesh of the Consul behind a URL; undefined where PostgreSQL is. @throws as `openDirectory` */
export async function openMesh(url: string): Promise<Mesh | undefined> {
  if (kindOf(url) === 'postgres') return undefined
  return (await import('./consul/mesh.ts')).consulMesh(await consulAt(url))
}

/** How to reach the Consul of a URL, with its secrets read: as they are when this is called. */
export async function consulAt(
  url: string,
  access: Pick<CloudAccess, 'secret'> = cloudAccess,
): Promise<ConsulSettings> {
  const { token, ca, ...place } = consulTarget(url)
  return {
    ...place,
    token: token === undefined ? undefined : (await secretValue(token, access)).trim(),
    ca: ca === undefined ? undefined : await certificates(ca, access),
  }
}

/** A secret of this form is what an event source mapping takes, too. */
async function certificates(place: string, access: Pick<CloudAccess, 'secret'>): Promise<string> {
  const text = place.startsWith('arn:')
    ? await secretValue(`secret:${place}`, access)
    : await readFile(place, 'utf8').catch((cause) => {
        throw new Failure('Misconfigured', `ca=${place} can't be read`, { cause })
      })
  const pem = jsonSecret(text).certificate ?? text
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem
  throw new Failure('Misconfigured', `ca=${place} holds no certificate (PEM)`)
}
