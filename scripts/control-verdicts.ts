// What `diagnose` says of every control model, over several seeds, as Markdown: the table of README.md with `--write`.
// design/controls.md explains it. Exits with 1 if a model ever gets another claim than its own; `inconclusive` is none.
//
//   npm run verdicts -- [--n 500] [--seeds 5] [--only TEXT]... [--write]
//
// `--only` takes rows by a part of their name, such as "nano-latent on count".
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import type {DiagnosisRow} from '../src/reports/schemas/diagnosis.js'
import {diagnoseControl, type VerdictRow, verdictRows} from '../test/support/diagnosis-controls.js'

const {values} = parseArgs({
  options: {
    n: {type: 'string', default: '500'},
    seeds: {type: 'string', default: '5'},
    only: {type: 'string', multiple: true},
    write: {type: 'boolean', default: false},
  },
})
const firstSeed = 314_159
const rows = verdictRows.filter(
  ({model, task}) => values.only === undefined || values.only.some(text => `${model} on ${task}`.includes(text)),
)
const found = new Map<VerdictRow, DiagnosisRow[]>(rows.map(row => [row, []]))

// Seed by seed, so that an interrupted run has looked at every model.
for (let k = 0; k < Number(values.seeds); k++)
  for (const [row, results] of found) {
    const folder = await mkdtemp(join(tmpdir(), 'lantern-eval-verdicts-'))
    try {
      // What the suite adds in CI is not needed again for a verdict, but for a representation that fails: the oracle.
      const suite = row.verdicts.includes('representation-fails') ? row.suite : 'quick'
      const {results: judged} = await diagnoseControl(row, {n: Number(values.n), seed: firstSeed + k, suite, folder})
      results.push(judged[0]!)
      console.error(`${row.model} on ${row.task}, seed ${firstSeed + k}: ${judged[0]!.statement}`)
    } finally {
      await rm(folder, {recursive: true, force: true})
    }
  }

const isOwn = ({verdicts}: VerdictRow, {verdict}: DiagnosisRow) => verdicts.includes(verdict)

/** Own against one of the four conditions, points: the smallest and the largest over the seeds. */
function against(results: readonly DiagnosisRow[], condition: string): string {
  // Nothing is said behind a void one.
  const told = results.filter(({verdict}) => verdict !== 'void')
  const differences = told.flatMap(({effects, reading}) =>
    effects
      .filter(
        ({contrast, scale, reading: kind}) =>
          contrast[0] === 'own' && contrast[1] === condition && scale === 'accuracy' && kind === reading,
      )
      .map(({difference}) => 100 * difference),
  )
  return differences.length === 0 ? '–' : span(differences, value => value.toFixed(1))
}

/** The smallest and the largest of the values, or the one that all have. */
function span(values: readonly number[], inWords: (value: number) => string): string {
  const ends = [Math.min(...values), Math.max(...values)].map(inWords)
  return [...new Set(ends)].join(' to ')
}

const lines = [...found].map(([row, results]) => {
  const counts = [...new Set(results.map(({verdict}) => verdict))].map(verdict =>
    results.length === 1 ? verdict : `${verdict} ${results.filter(one => one.verdict === verdict).length}`,
  )
  const figures = ['matched-noise', 'swap-unrelated', 'markers-only', 'no-latent'].map(name => against(results, name))
  return `| ${[
    row.model,
    row.task,
    span(
      results.map(({n}) => n),
      String,
    ),
    counts.join(', '),
    ...figures,
  ].join(' | ')} |`
})
const table = [
  '| model | task | n | verdict | own − noise | own − stranger | own − markers | own − none |',
  '| --- | --- | ---: | --- | ---: | ---: | ---: | ---: |',
  ...lines,
].join('\n')
console.log(table)
if (values.write && values.only === undefined) await writeFile('results/published/verdicts.md', `${table}\n`)
const wrong = [...found].flatMap(([row, results]) =>
  results.filter(result => !isOwn(row, result) && result.verdict !== 'inconclusive'),
)
console.error(`${wrong.length} wrong claims.`)
if (wrong.length > 0) process.exitCode = 1
