// `npm run calibrate [-- --runs N] [-- --part NAME] [-- --only TEXT]`: simulates what design/statistics.md claims, with
// the product's own functions, and writes its tables there, one for each part; `npm run calibrate -- diagnosis` does so
// for design/diagnosis.md. With --only, --short (the cells of the tests) or fewer runs than 10,000 the results are
// printed only. The exit code is 1 when a figure lies outside its bounds.
import {readFileSync, writeFileSync} from 'node:fs'
import {parseArgs} from 'node:util'
import {allCells, type Cell, type Figure, figures, groupCells, shortCells} from './cells.js'
import {diagnosisCells, shortDiagnosisCells} from './diagnosis.js'
import {excused, type Simulated, simulate} from './simulate.js'

interface Subject {
  /** The tables of its page, by the name of their marks. */
  readonly parts: Readonly<Record<string, () => readonly Cell[]>>
  readonly short: () => readonly Cell[]
}

const subjects: Readonly<Record<string, Subject>> = {
  statistics: {parts: {calibrate: allCells, 'calibrate-groups': groupCells}, short: shortCells},
  diagnosis: {parts: {calibrate: diagnosisCells}, short: shortDiagnosisCells},
}
const fullRuns = 10_000

const {values, positionals} = parseArgs({
  options: {runs: {type: 'string'}, only: {type: 'string'}, part: {type: 'string'}, short: {type: 'boolean'}},
  allowPositionals: true,
})
const [name = 'statistics'] = positionals
const subject = subjects[name]
if (subject === undefined) throw new RangeError(`${name} is none of ${Object.keys(subjects).join(', ')}`)
const page = new URL(`../../design/${name}.md`, import.meta.url)
const {parts, short} = subject
const runs = Number(values.runs ?? fullRuns)
if (!Number.isInteger(runs) || runs < 1) throw new RangeError(`--runs ${values.runs} is no whole number from 1`)
const started = performance.now()
const whole = values.short !== true && values.only === undefined
const asked = Object.keys(parts).filter(part => values.part === undefined || values.part === part)
if (asked.length === 0) throw new RangeError(`--part ${values.part} is none of ${Object.keys(parts).join(', ')}`)
const cells = (values.short === true ? short() : asked.flatMap(part => parts[part]!())).filter(
  ({figure, design, truth}) => `${figure} ${design} ${truth}`.includes(values.only ?? ''),
)
if (cells.length === 0) throw new RangeError(`--only ${values.only}: no cell has that in its name`)
const results: Simulated[] = []
for (const cell of cells) {
  const result = simulate(cell, runs)
  results.push(result)
  console.log(
    `${result.failed ? 'FAIL' : 'ok  '} ${cell.figure.padEnd(8)} ${cell.design.padEnd(26)} ${cell.truth.padEnd(60)} ${percent(result)}`,
  )
}
if (runs >= fullRuns && whole) {
  let from = 0
  for (const part of asked) {
    const own = results.slice(from, from + parts[part]!().length)
    from += own.length
    const before = readFileSync(page, 'utf8')
    const block = new RegExp(`(<!-- ${part} -->\\n)[\\s\\S]*?(<!-- ${part}stop -->)`)
    writeFileSync(page, before.replace(block, `$1\n${tables(own)}\n$2`))
  }
}
const failed = results.filter(one => one.failed)
console.log(
  `${results.length} cells of ${runs} runs in ${((performance.now() - started) / 1000).toFixed(0)} s, ${failed.length} outside their bounds.`,
)
process.exitCode = failed.length > 0 ? 1 : 0

function percent({share, error}: Simulated): string {
  return `${(100 * share).toFixed(1)} ± ${(100 * error).toFixed(1)}`
}

/** A table for each figure: designs down, truths in one cell each. */
function tables(all: readonly Simulated[]): string {
  const simulated = (Object.keys(figures) as Figure[]).filter(figure => all.some(({cell}) => cell.figure === figure))
  const blocks = simulated.map(figure => {
    const own = all.filter(({cell}) => cell.figure === figure)
    const {title, low, high} = figures[figure]
    const bound =
      low === 0 ? `at most ${100 * high} %` : high === 1 ? `at least ${100 * low} %` : `${100 * low} to ${100 * high} %`
    const lines = [...new Set(own.map(({cell}) => cell.design))].map(design => {
      const ofDesign = own.filter(({cell}) => cell.design === design)
      const entries = ofDesign.map(
        one =>
          `${one.cell.truth}: **${percent(one)}**${excused(one.cell) ? ' (few)' : ''}${one.failed ? ' OUTSIDE' : ''}`,
      )
      return `| ${design} | ${entries.join('; ')} |`
    })
    return [
      `### ${title} (${bound})`,
      '',
      '| design | truth: simulated %, ± its Monte Carlo error |',
      '|---|---|',
      ...lines,
    ].join('\n')
  })
  const failed = all.filter(one => one.failed).length
  return [`${all.length} cells of ${all[0]?.runs} runs; ${failed} outside their bounds.`, ...blocks, ''].join('\n\n')
}
