// Checks that the built-in models do what they were made to show (test/support/control-table.ts), with the local runner
// and on samples that were never trained on. Decoding is greedy, so the figures are the same in every run.
import {type Claim, controlRef, controlRows} from './support/control-table.js'
import {figureOf, measureRow, type RowFigures} from './support/measure-controls.js'

/** Drawn samples per row; `npm run controls` uses 500. */
const n = 200

function nameOf({arm, of, low, high}: Claim): string {
  const bounds = [low === undefined ? '' : ` at least ${low}`, high === undefined ? '' : ` at most ${high}`]
    .filter(text => text !== '')
    .join(',')
  return `${arm}: ${of}${bounds}`
}

describe.each(controlRows.map(row => ({...row, title: `${row.model}, ${row.task}`})))('$title', row => {
  let figures: RowFigures
  beforeAll(async () => {
    figures = await measureRow(row, controlRef(row.model), n)
  }, 240_000)

  test.each(row.claims.map(claim => ({claim, name: nameOf(claim)})))('$name', ({claim}) => {
    const figure = figureOf(claim, figures)
    const {low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY} = claim
    expect(figure).toBeGreaterThanOrEqual(low)
    expect(figure).toBeLessThanOrEqual(high)
  })
})
