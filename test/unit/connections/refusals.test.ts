import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { rememberRefusals } from '#shared/adapters/kafka/refusals.ts'
import { Failure } from '#shared/errors.ts'

let output: MockInstance<typeof process.stdout.write>
beforeEach(() => {
  output = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
})
afterEach(() => vi.restoreAllMocks())

const logged = (code: string) =>
  output.mock.calls.filter(([line]) => String(line).includes(`"code":"${code}"`)).length

function refused(times = 1, why = 'wrong password') {
  let nowMs = 0
  const refusals = rememberRefusals(() => nowMs)
  const failure = new Failure('Misconfigured', why)
  for (let nr = 0; nr < times; nr++) {
    nowMs += 60_000
    refusals.admit()
    refusals.refused(failure)
  }
  const pass = (ms: number) => {
    nowMs += ms
  }
  return { refusals, failure, pass }
}

describe('being refused', () => {
  it('is answered at once until it is time for another try', () => {
    const { refusals, failure, pass } = refused()
    expect(refusals.current()).toBe(failure)
    expect(refusals.admit()).toBe(failure)
    pass(1_000)
    expect(refusals.current()).toBeUndefined()
  })

  it('lets one try at a time', () => {
    const { refusals, failure, pass } = refused()
    pass(1_000)
    expect(refusals.admit()).toBeUndefined()
    expect(refusals.admit()).toBe(failure)
    expect(refusals.current()).toBe(failure)
  })

  it('is tried ever more rarely, at most every 15 s', () => {
    const { refusals, pass } = refused(20)
    pass(7_499)
    expect(refusals.current()).toBeDefined()
    pass(7_501)
    expect(refusals.current()).toBeUndefined()
  })

  it('counts once, however many were refused at the same time', () => {
    const { refusals, failure, pass } = refused()
    for (let nr = 0; nr < 50; nr++) refusals.refused(failure)
    pass(1_000)
    expect(refusals.current()).toBeUndefined()
  })

  it('is logged once for each reason, again after it was over', () => {
    const { refusals, failure } = refused(10, '[0b9e4c0d-59f1-4b8e] denied')
    refusals.refused(new Failure('Misconfigured', '[11111111-59f1-4b8e] denied'))
    expect(logged('kafka.refused')).toBe(1)
    refusals.refused(new Failure('Misconfigured', 'no secret'))
    expect(logged('kafka.refused')).toBe(2)
    refusals.accepted()
    refusals.accepted()
    expect(logged('kafka.accepted')).toBe(1)
    expect(refusals.current()).toBeUndefined()
    refusals.refused(failure)
    expect(logged('kafka.refused')).toBe(3)
  })
})
