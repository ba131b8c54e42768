import { expect, it } from 'vitest'
import { uuidV8Of } from '#shared/domain/events/uuid.ts'

it('makes the same UUID of version 8 and variant 10 of the same text, and another of another', () => {
  const ids = Array.from({ length: 1_000 }, (_, nr) => uuidV8Of(`change ${nr}`))
  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  }
  expect(new Set(ids).size).toBe(1_000)
  expect(uuidV8Of('change 0')).toBe(ids[0])
})
