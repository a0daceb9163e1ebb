// A sweep of 10,000 units by 200 workers over claim files (`-- sweep N WORKERS SEED` for others), in simulated time.
// `plan` and `status` are processes of their own: medians of five. Fails
// when a unit ran twice without a lost lease, or a bound is missed.
import {mkdtemp, readdir, rm, writeFile} from 'node:fs/promises'
import {loadavg, tmpdir} from 'node:os'
import {join} from 'node:path'
import {endedUnits} from '../src/evaluation/sweep/claims.js'
import {readSweep} from '../src/evaluation/sweep/plan.js'
import {simulate} from '../test/support/sweep-simulation.js'
import {measured} from './support/measured.js'
import {median} from './support/median.js'

const bounds = {seconds: 2, rssMb: 256}
const rounds = 5

const [units = 10_000, workers = 200, seed = 1] = process.argv.slice(2).map(Number)
const folder = await mkdtemp(join(tmpdir(), 'bench-sweep-'))
let failed = false

/** Medians of a command, start-up included. `before` puts everything back to where it starts. */
async function measure(name: string, args: readonly string[], before = async () => {}): Promise<void> {
  const seconds: number[] = []
  const memory: number[] = []
  for (let k = 0; k < rounds; k++) {
    await before()
    const {wall, rssMb} = measured(args, folder)
    seconds.push(wall)
    memory.push(rssMb)
  }
  const [wall, rss] = [median(seconds), median(memory)]
  const missed = wall > bounds.seconds || rss > bounds.rssMb
  failed ||= missed
  console.log(
    `${name.padEnd(34)} ${wall.toFixed(2)} s, ${rss.toFixed(0)} MB; load ${loadavg()[0]!.toFixed(1)}${missed ? '  FAILED' : ''}`,
  )
}

try {
  // Models x 5 benchmarks x 10 shards.
  const models = Array.from({length: Math.ceil(units / 50)}, (_, k) => `openai:checkpoint-${k}`)
  const benchmarks = ['blink', 'vstar', 'viscot', 'hops', 'attr']
  await writeFile(join(folder, 'sweep.yaml'), JSON.stringify({models, benchmarks, shards: 10}))
  const dir = join(folder, 'one')
  const again = () => rm(dir, {recursive: true, force: true})
  await measure('start-up alone', ['--version'])
  await measure(`plan ${models.length * 50} units`, ['sweep', 'plan', 'sweep.yaml', '--out', 'one'], again)
  await measure('status, nothing begun', ['sweep', 'status', 'one'])

  const sweep = await readSweep(dir)
  const began = performance.now()
  const {runs, again: twice, died, stalled, lost, seconds, faults} = await simulate(sweep, workers, seed)
  const took = (performance.now() - began) / 1000
  const rss = process.resourceUsage().maxRSS / 1024
  const ended = await endedUnits(dir)
  const left = sweep.units.filter(({index}) => ended.get(index) !== 'done').length
  failed ||= left > 0 || faults.length > 0
  console.log(
    `${workers} workers, ${died} died, ${stalled} stood still: ${runs} runs of ${sweep.units.length} units, ${twice} of ` +
      `them again after a lost lease, ${lost} noticed by the loser, ${faults.length} without a lost lease, ${left} units ` +
      `not done. ${(seconds / 3600).toFixed(1)} simulated hours in ${took.toFixed(0)} s; ${rss.toFixed(0)} MB for all workers`,
  )
  for (const fault of faults.slice(0, 10)) console.log(`  ${fault}`)

  await measure('status, all done', ['sweep', 'status', 'one'])
  // As if the last units were still being worked on.
  const ends = (await readdir(join(dir, 'ends'))).slice(-workers)
  for (const name of ends) await rm(join(dir, 'ends', name))
  await measure(`status, ${workers} running or dead`, ['sweep', 'status', 'one'])
} finally {
  await rm(folder, {recursive: true})
}
process.exitCode = failed ? 1 : 0
