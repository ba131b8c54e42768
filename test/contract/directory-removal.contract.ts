import { expect, it, onTestFinished } from 'vitest'
import type { Directory } from '#shared/ports/directory.ts'
import { aRegistration } from '#test/support/discovery.ts'

const PERIOD_MS = 60_000
/** A directory may look as rarely as once a minute. */
const SLACK_MS = 60_000

/** What every directory does with instances that are gone; `elapse` lets time pass. */
export function directoryRemovalContract(
  open: () => Promise<Directory>,
  elapse: (ms: number) => Promise<void>,
) {
  it('removes an instance that was critical for its period, and no other', async () => {
    const directory = await open()
    const check = { kind: 'ttl', ttlMs: 1_000, removeAfterMs: PERIOD_MS } as const
    const gone = aRegistration({ id: 'gone', check })
    const silent = { ...gone, id: 'silent', check: { kind: 'ttl', ttlMs: 1_000 } as const }
    const alive = { ...gone, id: 'alive' }
    onTestFinished(async () => {
      for (const one of [gone, silent, alive]) await directory.deregister(one)
      await directory.close()
    })
    for (const one of [gone, silent, alive]) await directory.register(one)
    const ids = async () => (await directory.instances(gone.service)).map(({ id }) => id)

    const stepMs = 500
    let goneAfterMs = 0
    for (let passedMs = 0; passedMs < PERIOD_MS + SLACK_MS && !goneAfterMs; passedMs += stepMs) {
      await elapse(stepMs)
      await directory.renew(alive)
      if (!(await ids()).includes('gone')) goneAfterMs = passedMs + stepMs
    }
    expect(goneAfterMs).toBeGreaterThan(PERIOD_MS)
    expect(await ids()).toEqual(['alive', 'silent'])
  })
}
