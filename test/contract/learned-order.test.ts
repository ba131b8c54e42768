import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connect, type Sql } from '#shared/adapters/postgres/connect.ts'
import { postgresLearnedPatterns } from '#shared/adapters/postgres/learned-patterns.ts'
import { postgresLearning } from '#shared/adapters/postgres/learning.ts'
import type { Observation } from '#shared/domain/patterns/observation.ts'
import type { Graph, Prediction } from '#shared/ports/learned-patterns.ts'
import { bruteForceGraph, type CountedGraph } from '../support/brute-force-graph.ts'
import { freshDatabase } from '../support/database.ts'
import { anObservation } from '../support/observations.ts'

const SESSIONS = ['one', 'two', 'three']
const SOURCES = ['agent', 'proxy']

const start = 1_700_000_000_000_000
const HOUR = 3_600_000_000

const told = fc.record({
  // Mostly one session, so that it outgrows the distance between checkpoints.
  session: fc.constantFrom('one', 'one', 'one', 'one', 'two', 'three', null),
  source: fc.constantFrom(...SOURCES),
  operation: fc.constantFrom('Read', 'Edit', 'Bash', 'Grep'),
  phase: fc.constantFrom('before' as const, 'after', 'point', 'start', 'end'),
  call: fc.option(fc.constantFrom('c1', 'c2', 'c3'), { nil: undefined }),
  outcome: fc.constantFrom('ok' as const, 'error', 'cancelled', null),
  duration: fc.constantFrom(null, 0, 1_500, 250_000),
  gap: fc.constantFrom(1, 40_000, HOUR, 60 * HOUR),
  lag: fc.constantFrom(-2 * HOUR, 10, 5 * HOUR),
})

/** Events whose own times all differ. */
const events = fc.array(told, { minLength: 1, maxLength: 400 }).map((all) => {
  let at = start
  return all.map(({ gap, lag, call, ...rest }, index): Observation => {
    at += gap
    const made = anObservation({ ...rest, at, ...(call ? { call } : {}), id: `e${index}` })
    return { ...made, arrival: at + lag }
  })
})

/** The same events in some order, some of them twice, cut into batches. */
const deliveries = events.chain((set) =>
  fc.record({
    set: fc.constant(set),
    delivered: fc
      .tuple(
        fc.shuffledSubarray(set, { minLength: set.length, maxLength: set.length }),
        fc.subarray(set),
      )
      .map(([all, again]) => [...all, ...again]),
    size: fc.constantFrom(1, 7, 40, 400),
  }),
)

describe('learning in any order', () => {
  async function learn(sql: Sql, observations: readonly Observation[], size: number) {
    await sql`truncate patterns.operation, patterns.session, patterns.step, patterns.checkpoint,
      patterns.ngram, patterns.sketch, patterns.pulse restart identity`
    await sql`delete from patterns.scope where id > 0`
    await sql`update patterns.scope set newest = -2147483648`
    const learning = postgresLearning(sql)
    for (let i = 0; i < observations.length; i += size) {
      await learning.learn(observations.slice(i, i + size), new Date())
    }
    const learned = postgresLearnedPatterns(sql)
    const told: { graph: Graph; predictions: (Prediction | undefined)[] }[] = []
    for (const source of [undefined, ...SOURCES]) {
      const predictions = [
        await learned.predictAfter([], source),
        await learned.predictAfter(['Read'], source),
        await learned.predictAfter(['Bash', 'Read', 'Edit', 'Grep', 'Read'], source),
      ]
      for (const session of SESSIONS) {
        const prediction = await learned.predictSession(session, source)
        if (prediction) predictions.push(prediction)
      }
      told.push({ graph: await learned.graph(source), predictions })
    }
    return told
  }

  it('leads to the same graph and predictions, the ones of the whole set', async () => {
    const sql = connect(await freshDatabase({ as: 'owner' }), { applicationName: 'test' })
    onTestFinished(() => sql.end())
    await fc.assert(
      fc.asyncProperty(deliveries, async ({ set, delivered, size }) => {
        const inOrder = await learn(sql, set, 100)
        const otherwise = await learn(sql, delivered, size)
        expect(otherwise).toEqual(inOrder)
        for (const [i, source] of [undefined, ...SOURCES].entries()) {
          expect(countsOf(inOrder[i]?.graph)).toEqual(bruteForceGraph(set, source))
        }
        for (const { predictions } of inOrder) {
          for (const prediction of predictions) {
            const sum = prediction?.items.reduce((total, item) => total + item.probability, 0) ?? 0
            expect(sum + (prediction?.nothing_probability ?? 0)).toBeCloseTo(1, 9)
          }
        }
      }),
      { numRuns: 12, endOnFailure: true },
    )
  }, 60_000)

  it.each([1, 7, 40])(
    'puts the late ones of a long session in place, %i at a time',
    async (size) => {
      const sql = connect(await freshDatabase({ as: 'owner' }), { applicationName: 'test' })
      onTestFinished(() => sql.end())
      const LENGTH = 300
      const set = Array.from({ length: LENGTH }, (_, i) =>
        anObservation({
          session: 'one',
          operation: `op${(i * i * 7) % 9}`,
          phase: i % 3 === 0 ? 'point' : i % 3 === 1 ? 'before' : 'after',
          ...(i % 3 === 0 ? {} : { call: `call${Math.floor(i / 3)}` }),
          id: `step${i}`,
          at: start + i * 1_000_000,
        }),
      )
      // 7919 and 300 have no common divisor: every step once, far from its neighbours.
      const mixed = set.map((_, i) => set[(i * 7_919) % LENGTH] as Observation)
      expect(await learn(sql, mixed, size)).toEqual(await learn(sql, set, 100))
    },
  )
})

/** What a brute-force count can tell of a graph. */
function countsOf(graph: Graph | undefined): CountedGraph {
  return {
    nodes: Object.fromEntries(
      (graph?.nodes ?? []).map(({ operation, count, starts, ends }) => [
        operation,
        { count, starts, ends },
      ]),
    ),
    edges: Object.fromEntries(
      (graph?.edges ?? []).map(({ from, to, count }) => [`${from} -> ${to}`, count]),
    ),
  }
}
