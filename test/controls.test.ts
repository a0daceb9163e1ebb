// The built-in models show what they are made to show (test/support/control-table.ts), on the local runner, on samples that were never
// trained on. Decoding is greedy, so the figures are the same at every run.
import {existsSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {type Claim, controlRows} from './support/control-table.js'
import {figureOf, isMet, measureRow, type RowFigures} from './support/measure-controls.js'

/** Drawn samples a row; `npm run controls` takes 500. */
const n = 200

/** Points by which a known gap may fall behind what is written down: one of 40 answers, if another processor rounds a near tie otherwise. */
const rounding = 3

function nameOf({arm, of, low, high, knownGap}: Claim): string {
  const bounds = [low === undefined ? '' : ` at least ${low}`, high === undefined ? '' : ` at most ${high}`]
    .filter(text => text !== '')
    .join(',')
  return `${arm}: ${of}${bounds}${knownGap ? ` (known gap, reached ${knownGap.reached}: ${knownGap.why})` : ''}`
}

describe.each(controlRows.map(row => ({...row, title: `${row.model}, ${row.task}`})))('$title', row => {
  const present = existsSync(fileURLToPath(new URL(`../fixtures/models/${row.model}/config.json`, import.meta.url)))
  if (!present) {
    test.skip(`skipped: fixtures/models/${row.model} is not there`, () => undefined)
    return
  }
  let figures: RowFigures
  beforeAll(async () => {
    figures = await measureRow(row, `builtin:${row.model}`, n)
  }, 240_000)

  test.each(row.claims.map(claim => ({claim, name: nameOf(claim)})))('$name', ({claim}) => {
    const figure = figureOf(claim, figures)
    const {knownGap, low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY} = claim
    if (knownGap) {
      // A gap that has closed is to be taken out of the table.
      expect(isMet(claim, figure)).toBe(false)
      if (low > figure) expect(figure).toBeGreaterThanOrEqual(knownGap.reached - rounding)
      else expect(figure).toBeLessThanOrEqual(knownGap.reached + rounding)
      return
    }
    expect(figure).toBeGreaterThanOrEqual(low)
    expect(figure).toBeLessThanOrEqual(high)
  })
})
