// Prints what `diagnose` says of every built-in model, over several seeds, as Markdown; design/controls.md explains the
// table. Exits with 1 if a model ever gets another claim than its own: `inconclusive` is none.
//
//   npm run verdicts -- [--n 500] [--seeds 5] [--suite quick] [--only nano-latent,...]
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {type DiagnosisSuite, diagnosisSuites} from '../src/evaluation/suites.js'
import {diagnoseControl, verdictRows} from '../test/support/diagnosis-controls.js'

const {values} = parseArgs({
  options: {
    n: {type: 'string', default: '500'},
    seeds: {type: 'string', default: '5'},
    suite: {type: 'string'},
    only: {type: 'string'},
  },
})
const seeds = Array.from({length: Number(values.seeds)}, (_, k) => 314_159 + k)
const suiteFor = (own: DiagnosisSuite) => diagnosisSuites.find(name => name === values.suite) ?? own

let wrong = 0
console.log('| model | task | n | seed | verdict | met | statement |')
console.log('| --- | --- | ---: | ---: | --- | --- | --- |')
for (const row of verdictRows) {
  if (values.only !== undefined && !values.only.split(',').includes(row.model)) continue
  for (const seed of seeds) {
    const folder = await mkdtemp(join(tmpdir(), 'lantern-eval-verdicts-'))
    try {
      const options = {n: Number(values.n), seed, suite: suiteFor(row.suite), folder}
      const [headline] = (await diagnoseControl(row, options)).results
      const {verdict, n, statement} = headline!
      const met = row.verdicts.includes(verdict)
      if (!met && verdict !== 'inconclusive') wrong++
      const told = met ? 'yes' : verdict === 'inconclusive' ? 'undecided' : '**no**'
      console.log(`| ${[row.model, row.task, n, seed, verdict, told, statement].join(' | ')} |`)
    } finally {
      await rm(folder, {recursive: true, force: true})
    }
  }
}
console.log(`\n${wrong} wrong claims.`)
if (wrong > 0) process.exitCode = 1
