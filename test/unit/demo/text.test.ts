import { describe, expect, it } from 'vitest'
import { mermaid, table } from '#commands/demo/text.ts'

describe('what the demo prints', () => {
  it('is a table with numbers to the right', () => {
    const text = table(
      ['what', 'times'],
      [
        ['a', 5],
        ['longer', 10],
      ],
    )
    expect(text.split('\n')).toEqual(['  what    times', '  a           5', '  longer     10'])
  })

  it('is a Mermaid chart whose labels are no syntax', () => {
    const edges = [{ from: 'say "hi"', to: 'b[1]', count: 3, p50_ms: 1_500 }]
    expect(mermaid({ 'a/b': edges }).split('\n')).toEqual([
      'flowchart LR',
      '  subgraph "a/b"',
      '    n0_0["say &quot;hi&quot;"]',
      '    n0_1["b[1]"]',
      '    n0_0 -->|"3 x, 1.5 s"| n0_1',
      '  end',
    ])
  })
})
