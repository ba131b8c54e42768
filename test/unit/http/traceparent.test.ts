import { expect, it } from 'vitest'
import { continueTrace } from '#shared/domain/traceparent.ts'

const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
const parent = '00f067aa0ba902b7'

it.each([
  { what: 'a sampled trace', given: `00-${trace}-${parent}-01`, flags: '01' },
  { what: 'a trace that is not sampled', given: `00-${trace}-${parent}-00`, flags: '00' },
  { what: 'a later version', given: `cc-${trace}-${parent}-01-what-the-future-holds`, flags: '01' },
])('goes on with $what under a span of its own', ({ given, flags }) => {
  const [version, traceId, span, ...rest] = continueTrace(given).split('-')
  expect([version, traceId, rest]).toEqual(['00', trace, [flags]])
  expect(span).toMatch(/^[0-9a-f]{16}$/)
  expect(span).not.toBe(parent)
})

it.each([
  { what: 'none is given', given: undefined },
  { what: 'it is empty', given: '' },
  { what: 'it is in upper case', given: `00-${trace.toUpperCase()}-${parent}-01` },
  { what: 'the trace id is all zero', given: `00-${'0'.repeat(32)}-${parent}-01` },
  { what: 'the parent id is all zero', given: `00-${trace}-${'0'.repeat(16)}-01` },
  { what: 'the version is ff', given: `ff-${trace}-${parent}-01` },
  { what: 'version 00 goes on', given: `00-${trace}-${parent}-01-more` },
  { what: 'it is cut short', given: `00-${trace}-${parent}` },
])('begins a new trace when $what', ({ given }) => {
  const made = continueTrace(given)
  expect(made).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-03$/)
  expect(made).not.toContain(trace)
  expect(continueTrace(given)).not.toBe(made)
})
