import { expect, it } from 'vitest'
import {
  captureRulesOf,
  defaultCaptureRules,
  keptBytesOf,
  MOST_BODY_BYTES,
} from '#shared/domain/calls/capture-rules.ts'

const operations = [
  { method: 'GET', path: '/invoices/{id}', capture: 'off' as const },
  { method: 'POST', path: '/invoices' },
]

it.each([
  ['nobody decided anything', undefined, 'GET /a', defaultCaptureRules],
  [
    "the service's rules say something",
    { revision: 1, capture: { mode: 'metadata' as const }, operations },
    'POST /invoices',
    { mode: 'metadata', maxBodyBytes: 16_384 },
  ],
  [
    "the operation's rule says something else",
    { revision: 1, capture: { mode: 'metadata' as const, maxBodyBytes: 5 }, operations },
    'GET /invoices/{id}',
    { mode: 'off', maxBodyBytes: 5 },
  ],
  [
    'more is asked for than a record holds',
    { revision: 1, capture: { maxBodyBytes: 1e9 } },
    'GET /a',
    { mode: 'full', maxBodyBytes: MOST_BODY_BYTES },
  ],
] as const)('what is captured where %s', (_, rules, operation, expected) => {
  expect(captureRulesOf(rules, operation)).toEqual(expected)
})

it('keeps no bytes of bodies that are not captured', () => {
  expect(keptBytesOf({ mode: 'metadata', maxBodyBytes: 100 })).toBe(0)
  expect(keptBytesOf({ mode: 'full', maxBodyBytes: 100 })).toBe(100)
})
