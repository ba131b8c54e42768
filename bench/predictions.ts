import { fileURLToPath } from 'node:url'
import { readLogs, splitLog, type Test } from './prediction-logs.ts'
import { models, NOTHING_NEXT, type Predictor } from './prediction-models.ts'
import type { Figure, Report } from './report.ts'

type Score = Readonly<{
  predicted: number
  top1: number
  top3: number
  /** Multi-class Brier score, 0 (best) to 2. */
  brier: number
  /** Expected calibration error of the most probable answer, ten equal bins. */
  ece: number
}>

/** A row of the table: one model on one log. */
export type PredictionRow = Score & Readonly<{ log: string; split: string; model: string }>

const POOLED = 'all recorded hooks'

/**
 * How well what comes next is foretold: trained on the first 80 % of a log's sessions (of its steps,
 * where it has fewer than five sessions: the session at the cut goes on in the test part with its
 * beginning known), asked before every further step and at the end of every further session. Beside
 * it the most frequent operation and a first-order Markov chain, both without smoothing.
 */
export function predictionRows(): readonly PredictionRow[] {
  const rows = readLogs().flatMap((log) => {
    const { how, train, tests } = splitLog(log.sessions)
    return models.map(([model, learn]) => ({
      log: log.name,
      split: how,
      model,
      ...score(tests, learn(train)),
    }))
  })
  const recorded = rows.filter(({ log }) => /\.(pre|post)$/.test(log))
  return [...rows, ...models.map(([model]) => pooled(model, recorded))]
}

/** The benchmark for `npm run bench`. */
export async function predictions(): Promise<Report> {
  const rows = predictionRows()
  if (rows.length === 0) return { figures: [], notes: ['skipped: ../shared/data is not there'] }
  const figures = rows
    .filter(({ log, model }) => model === 'bridge' && (log === POOLED || log === 'receipt'))
    .flatMap(({ log, top1, top3, brier, ece }): Figure[] => [
      { name: `${log}: top-1`, value: top1, unit: '' },
      { name: `${log}: top-3`, value: top3, unit: '' },
      { name: `${log}: Brier score`, value: brier, unit: '' },
      { name: `${log}: calibration error`, value: ece, unit: '' },
    ])
  return { figures, notes: lines(rows) }
}

function lines(rows: readonly PredictionRow[]): string[] {
  const head = ['log', 'split by', 'model', 'n', 'top-1', 'top-3', 'Brier', 'ECE']
  const table = [
    head,
    ...rows.map(({ log, split, model, predicted, ...scores }) => [
      ...[log, split, model, String(predicted)],
      ...[scores.top1, scores.top3, scores.brier, scores.ece].map((value) => value.toFixed(3)),
    ]),
  ]
  const widths = head.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)))
  return table.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function pooled(model: string, recorded: readonly PredictionRow[]): PredictionRow {
  const own = recorded.filter((row) => row.model === model)
  const predicted = own.reduce((sum, row) => sum + row.predicted, 0)
  const mean = (of: (row: PredictionRow) => number) =>
    round(own.reduce((sum, row) => sum + of(row) * row.predicted, 0) / predicted)
  return {
    ...{ log: POOLED, split: 'each', model, predicted },
    top1: mean(({ top1 }) => top1),
    top3: mean(({ top3 }) => top3),
    brier: mean(({ brier }) => brier),
    ece: mean(({ ece }) => ece),
  }
}

const BINS = 10

function score(tests: readonly Test[], predict: Predictor): Score {
  const bins = Array.from({ length: BINS }, () => ({ stated: 0, right: 0 }))
  let predicted = 0
  let top1 = 0
  let top3 = 0
  let brier = 0
  for (const { session, from } of tests) {
    const operations = session.map(({ operation }) => operation)
    for (let i = from; i <= operations.length; i++) {
      const truth = operations[i] ?? NOTHING_NEXT
      const distribution = predict(session, i)
      const ranked = [...distribution].sort(([a, p], [b, q]) => q - p || (a < b ? -1 : 1))
      const [best = NOTHING_NEXT, stated = 0] = ranked[0] ?? []
      const bin = bins[Math.min(BINS - 1, Math.floor(stated * BINS))]
      if (bin) {
        bin.stated += stated
        bin.right += Number(best === truth)
      }
      predicted += 1
      top1 += Number(best === truth)
      top3 += Number(ranked.slice(0, 3).some(([next]) => next === truth))
      const squares = ranked.reduce((sum, [, p]) => sum + p * p, 0)
      brier += squares - 2 * (distribution.get(truth) ?? 0) + 1
    }
  }
  const off = bins.reduce((sum, { stated, right }) => sum + Math.abs(stated - right), 0)
  return {
    predicted,
    top1: round(top1 / predicted),
    top3: round(top3 / predicted),
    brier: round(brier / predicted),
    ece: round(off / predicted),
  }
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log((await predictions()).notes?.join('\n'))
}
