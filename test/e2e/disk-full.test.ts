import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { names } from '#stacks/names.ts'
import { allRecordedOnce, fire, type Ledger } from '#test/support/accepted.ts'
import { eventually, httpClient } from '#test/support/http-client.ts'
import { type System, startSystem } from '#test/support/system.ts'

const DISK_BYTES = 320 * 1_024 * 1_024
/** What is left free: tables can grow a little, a new segment of PostgreSQL's WAL (16 MiB) can't. */
const LEFT_BYTES = 12 * 1_024 * 1_024
const REFUSALS = 8

const disk = mountSmallDisk()
const note = disk ? '' : ' (skipped: mounting a small disk is not permitted)'

describe.skipIf(!disk)(`a full disk under load${note}`, () => {
  let system: System | undefined

  afterAll(async () => {
    await system?.stop()
    if (disk) unmount(disk)
  })

  it('spills, then answers 503, loses nothing and recovers when there is room again', async () => {
    if (!disk) return
    const dataDir = join(disk, 'data')
    mkdirSync(dataDir)
    system = await startSystem({ dataDir })
    const client = httpClient(system.address, system.key)
    const ledgers: Ledger[] = []
    ledgers.push(await fire(client, { label: 'before', count: 200, senders: 8 }))

    const filler = join(disk, 'filler')
    fill(disk, filler, LEFT_BYTES)
    const folder = join(dataDir, 'queues', names.spill.queue)
    const isSpilling = () => existsSync(folder) && readdirSync(folder).length > 0
    ledgers.push(
      await fire(client, { label: 'spilled', count: 100_000, senders: 8, until: isSpilling }),
    )
    expect(isSpilling()).toBe(true)
    const answered = new Set(ledgers.flatMap(({ statuses }) => statuses))
    expect(answered, system.output()).toEqual(new Set([202]))

    fill(disk, join(disk, 'last-filler'), 0)
    ledgers.push(
      await fire(client, {
        label: 'full',
        count: 100_000,
        senders: 8,
        until: ({ statuses }) => statuses.filter((status) => status === 503).length >= REFUSALS,
      }),
    )
    const refused = await fire(client, { label: 'refused', count: 16, senders: 8 })
    ledgers.push(refused)

    rmSync(filler)
    rmSync(join(disk, 'last-filler'))
    await eventually(
      'intake accepts again',
      async () => {
        const ledger = await fire(client, { label: `probe-${Date.now()}`, count: 1, senders: 1 })
        ledgers.push(ledger)
        return ledger.accepted.size === 1 ? true : undefined
      },
      30_000,
    )
    const statuses = new Set(ledgers.flatMap((ledger) => ledger.statuses))
    expect(statuses).toEqual(new Set([202, 503]))
    await allRecordedOnce(client, ledgers)
  })
})

/** A small file system of its own, which the unprivileged PostgreSQL may enter; undefined without leave. */
function mountSmallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'omninode-disk-'))
  try {
    const options = `size=${DISK_BYTES},mode=755`
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' })
    chmodSync(folder, 0o755)
    return folder
  } catch {
    rmSync(folder, { recursive: true })
    return undefined
  }
}

/** Takes the room of a disk, but for some; others may write at the same time. */
function fill(disk: string, file: string, leftBytes: number): void {
  const { bavail, bsize } = statfsSync(disk)
  try {
    writeFileSync(file, Buffer.alloc(Math.max(0, bavail * bsize - leftBytes)))
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOSPC') throw error
  }
}

function unmount(folder: string): void {
  execFileSync('umount', ['-l', folder], { stdio: 'ignore' })
  rmSync(folder, { recursive: true })
}
