import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BatchOutcome, FRESH, nextStep, readOutcome } from '#local/triggers/batch-plan.ts'

const rules = { size: 8, sent: 8, maxRetries: 2, bisect: true, tooOld: false }

describe('deciding how a batch goes on', () => {
  it('is done when all records are', () => {
    expect(nextStep(FRESH, { type: 'done' }, rules)).toEqual({ type: 'done' })
  })

  it('goes on behind the records that fitted into an invocation', () => {
    const step = nextStep(FRESH, { type: 'done' }, { ...rules, sent: 3 })
    expect(step).toMatchObject({ type: 'send', state: { from: 3, attempts: 0 } })
  })

  it('starts again at the record that failed, counting its tries alone', () => {
    const first = nextStep({ ...FRESH, attempts: 2 }, { type: 'failed-at', index: 3 }, rules)
    expect(first).toMatchObject({ type: 'wait', state: { from: 3, attempts: 1 }, failures: 1 })
  })

  it('gives a record up that failed more often than it may', () => {
    const state = { ...FRESH, from: 3, attempts: 2 }
    const step = nextStep(state, { type: 'failed-at', index: 3 }, { ...rules, sent: 5 })
    expect(step).toMatchObject({ type: 'give-up', state: { from: 3 }, attempt: 3 })
  })

  it('gives a record up at once that is too old', () => {
    const step = nextStep(FRESH, { type: 'failed-at', index: 0 }, { ...rules, tooOld: true })
    expect(step).toMatchObject({ type: 'give-up', state: { from: 0 }, attempt: 1 })
  })

  it('halves a batch that failed too often and nobody knows why', () => {
    const step = nextStep({ ...FRESH, attempts: 2 }, { type: 'failed' }, rules)
    expect(step).toMatchObject({ type: 'send', state: { from: 0, span: 4 } })
  })

  it('halves at once what is more than an invocation may hold, and counts no try', () => {
    const patient = { ...rules, maxRetries: Number.POSITIVE_INFINITY, bisect: false }
    const step = nextStep({ ...FRESH, attempts: 1 }, { type: 'too-large' }, { ...patient, sent: 5 })
    expect(step).toEqual({ type: 'send', state: { from: 0, span: 3, attempts: 1, outages: 0 } })
  })

  it('counts a record against itself that alone is more than an invocation may hold', () => {
    const state = { ...FRESH, attempts: 2 }
    const step = nextStep(state, { type: 'too-large' }, { ...rules, sent: 1 })
    expect(step).toMatchObject({ type: 'give-up', state: { from: 0 }, attempt: 3 })
  })

  it('never counts an outage', () => {
    let state = FRESH
    for (let outage = 1; outage <= 50; outage += 1) {
      const step = nextStep(state, { type: 'outage' }, rules)
      expect(step).toMatchObject({ type: 'wait', state: { attempts: 0 }, failures: outage })
      if (step.type === 'wait') state = step.state
    }
  })

  it('gives up the poisoned records and no others, in few steps', () => {
    const scenario = fc.record({
      size: fc.integer({ min: 1, max: 200 }),
      fits: fc.integer({ min: 1, max: 200 }),
      poison: fc.uniqueArray(fc.nat({ max: 199 }), { maxLength: 5 }),
      named: fc.boolean(),
      maxRetries: fc.integer({ min: 0, max: 3 }),
    })
    fc.assert(
      fc.property(scenario, ({ size, fits, poison, named, maxRetries }) => {
        const expected = poison.filter((index) => index < size).sort((a, b) => a - b)
        const { givenUp, invocations } = play({ size, fits, poison, named, maxRetries })
        expect(givenUp).toEqual(expected)
        const perPoison = maxRetries + 2 + 2 * Math.ceil(Math.log2(size + 1))
        expect(invocations).toBeLessThanOrEqual(size + 1 + expected.length * perPoison * 2)
      }),
    )
  })
})

/** Runs a batch against a function that fails on poison, by name or as a whole. */
function play(options: {
  size: number
  fits: number
  poison: readonly number[]
  named: boolean
  maxRetries: number
}) {
  const { size, poison, named, maxRetries } = options
  const givenUp: number[] = []
  let state = FRESH
  let invocations = 0
  while (state.from < size) {
    const sent = Math.min(options.fits, state.span, size - state.from)
    invocations += 1
    const failed = Array.from({ length: sent }, (_, index) => state.from + index).find((index) =>
      poison.includes(index),
    )
    const outcome: BatchOutcome =
      failed === undefined
        ? { type: 'done' }
        : named
          ? { type: 'failed-at', index: failed }
          : { type: 'failed' }
    const step = nextStep(state, outcome, { size, sent, maxRetries, bisect: true, tooOld: false })
    if (step.type === 'done') break
    state = step.state
    if (step.type === 'give-up') {
      givenUp.push(state.from)
      state = { ...FRESH, from: state.from + 1 }
    }
    if (invocations > 10_000) throw new Error('it does not end')
  }
  return { givenUp, invocations }
}

describe('reading what became of a batch', () => {
  const sent = [5, 6, 9].map((offset) => ({ topic: 'hooks.custom', partition: 1, offset }))
  const read = (value: unknown) => readOutcome({ type: 'result', value }, sent, 10, true)
  const failure = (partition: unknown, offset: unknown) => ({
    batchItemFailures: [{ itemIdentifier: { partition, offset } }],
  })

  it.each([undefined, null, '', {}, { batchItemFailures: null }, { batchItemFailures: [] }])(
    '%j is full success',
    (value) => {
      expect(read(value)).toEqual({ type: 'done' })
    },
  )

  it('names the first record that failed', () => {
    const two = [9, 6].map((offset) => ({
      itemIdentifier: { partition: 'hooks.custom-1', offset },
    }))
    expect(read({ batchItemFailures: two })).toEqual({ type: 'failed-at', index: 11 })
  })

  it.each([
    failure('hooks.custom-1', 7),
    failure('hooks.custom-2', 6),
    failure('hooks.custom-1', '6'),
    { batchItemFailures: [{ itemIdentifier: 'hooks.custom-1' }] },
    { batchItemFailures: 'all' },
    { batchItemFailures: [null] },
  ])('%j fails the whole batch', (value) => {
    expect(read(value)).toEqual({ type: 'failed' })
  })

  it('takes no names from a function that may not give any', () => {
    const value = failure('hooks.custom-1', 6)
    expect(readOutcome({ type: 'result', value }, sent, 0, false)).toEqual({ type: 'done' })
  })

  it.each([
    { outcome: { type: 'error', errorType: 'Unavailable', message: '' }, means: 'outage' },
    { outcome: { type: 'error', errorType: 'Misconfigured', message: '' }, means: 'outage' },
    { outcome: { type: 'throttled' }, means: 'outage' },
    { outcome: { type: 'crash', message: '', loaded: false }, means: 'outage' },
    { outcome: { type: 'crash', message: '', loaded: true }, means: 'failed' },
    { outcome: { type: 'error', errorType: 'TypeError', message: '' }, means: 'failed' },
    {
      outcome: { type: 'error', errorType: 'RequestTooLargeException', message: '' },
      means: 'too-large',
    },
    { outcome: { type: 'timeout' }, means: 'failed' },
  ] as const)('$outcome.type $outcome.errorType is $means', ({ outcome, means }) => {
    expect(readOutcome(outcome, sent, 0, true)).toEqual({ type: means })
  })
})
