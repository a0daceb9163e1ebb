// Prints what the built-in models show and what they must show, as Markdown; design/controls.md explains it. Exits with
// 1 if a claim fails.
//
//   npm run controls -- [--n 500] [--models DIR] [--only nano-latent,...] [--task hops-pairs]
import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {wilsonInterval} from '../src/metrics/statistics/wilson.js'
import {type Claim, controlRef, controlRows, controlSeed} from '../test/support/control-table.js'
import {figureOf, isMet, measureRow, type RowFigures} from '../test/support/measure-controls.js'

const {values} = parseArgs({
  options: {
    n: {type: 'string', default: '500'},
    models: {type: 'string'},
    only: {type: 'string'},
    task: {type: 'string'},
  },
})
const {n, models, only, task} = values
/** Checkpoints that are not (yet) part of the package are in a separate folder. */
const refOf = (model: string) => (models === undefined ? controlRef(model) : join(models, model))

function boundOf({of, low, high}: Claim): string {
  const what = of === 'difference' ? 'own ' : ''
  const sign = (value: number) => (of === 'difference' && value >= 0 ? `+${value}` : `${value}`)
  if (of === 'lead') return 'above chance'
  if (low !== undefined && high !== undefined) return low === -high ? `own ± ${high}` : `${low} to ${high}`
  return low === undefined ? `≤ ${what}${sign(high!)}` : `≥ ${what}${sign(low)}`
}

function accuracy(claim: Claim, figures: RowFigures): string {
  const {correct} = figures.arms.get(claim.arm)!
  const {low, high} = wilsonInterval(correct, figures.n)
  return `${((100 * correct) / figures.n).toFixed(1)} (${(100 * low).toFixed(1)} – ${(100 * high).toFixed(1)})`
}

function figureText(claim: Claim, figures: RowFigures): string {
  if (claim.of === 'lead') return `chance ${(100 * figures.chance).toFixed(1)}`
  const figure = figureOf(claim, figures)
  if (claim.of === 'difference') return `own ${figure < 0 ? '−' : '+'}${Math.abs(figure).toFixed(1)}`
  if (claim.of === 'groups') return `${figure.toFixed(1)} of pairs`
  return claim.of === 'blocks' ? `${figure.toFixed(1)} with a block` : ''
}

const startedAt = Date.now()
let failed = 0
console.log(
  `Drawn samples: ${n} a cell, seed ${controlSeed}. Built-in samples: 40 a subtask. Accuracy in %, 95 % interval.\n`,
)
console.log('| model, mode | task | n | arm | accuracy | measured | required | met |')
console.log('| --- | --- | ---: | --- | ---: | ---: | ---: | --- |')
for (const row of controlRows) {
  if (only !== undefined && !only.split(',').includes(row.model)) continue
  if (task !== undefined && !row.task.startsWith(task)) continue
  if (models !== undefined && !existsSync(refOf(row.model))) continue
  const figures = await measureRow(row, refOf(row.model), Number(n))
  for (const claim of row.claims) {
    const met = isMet(claim, figureOf(claim, figures))
    if (!met) failed++
    const cells = [
      `${row.model}, ${row.mode}`,
      row.task,
      figures.n,
      claim.arm,
      accuracy(claim, figures),
      figureText(claim, figures),
      boundOf(claim),
      met ? 'yes' : '**no**',
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
}
console.log(`\n${failed} claims fail. ${Math.round((Date.now() - startedAt) / 1000)} s.`)
if (failed > 0) process.exitCode = 1
