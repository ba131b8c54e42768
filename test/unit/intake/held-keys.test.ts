import { expect, it } from 'vitest'
import { heldKeys } from '#shared/domain/spill/held-keys.ts'

const rules = { settleMs: 10, longestMs: 100, maxKeys: 2 }

it('holds a key from its first spilled record until the log is back and the drain had time', () => {
  const held = heldKeys(rules)
  expect(held.any(0)).toBe(false)
  held.failed(0)
  held.hold('a', 1)
  expect(held.isHeld('a', 50)).toBe(true)
  expect(held.isHeld('b', 50)).toBe(false)
  held.took(60)
  expect(held.isHeld('a', 69)).toBe(true)
  held.hold('a', 69)
  expect(held.isHeld('a', 78)).toBe(true)
  expect(held.isHeld('a', 79)).toBe(false)
  expect(held.any(79)).toBe(false)
})

it('begins anew when the log fails again', () => {
  const held = heldKeys(rules)
  held.failed(0)
  held.hold('a', 1)
  held.took(5)
  held.failed(6)
  expect(held.isHeld('a', 20)).toBe(true)
  held.took(30)
  expect(held.isHeld('a', 40)).toBe(false)
})

it('lets a key go that never rests, and one that nobody else finds the log back for', () => {
  const held = heldKeys(rules)
  held.failed(0)
  for (let at = 1; at < 100; at++) held.hold('a', at)
  expect(held.isHeld('a', 99)).toBe(true)
  expect(held.isHeld('a', 100)).toBe(false)
  expect(held.any(100)).toBe(false)
})

it('takes all keys for one when there are too many', () => {
  const held = heldKeys(rules)
  held.failed(0)
  for (const key of ['a', 'b', 'c']) held.hold(key, 1)
  expect(held.isHeld('c', 2)).toBe(true)
  expect(held.isHeld('never seen', 2)).toBe(true)
  held.took(3)
  expect(held.isHeld('never seen', 13)).toBe(false)
})
