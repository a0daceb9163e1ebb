// `leaderboard` over logs of up to 200,000 records with all intervals: must be linear and below 5 s.
// The sizes are 50,000, 100,000 and 200,000 records. The built command makes each table in a process of its own.
// `choice`: right or wrong, one row. `open`: fractional scores in clusters over ten arms. `arms`: twenty arms to rank.
// Fails when a bound is missed.
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {random} from '../src/core/random.js'
import {arm, lockBenchmark, lockOf, record, writeRun} from '../test/support/run-folders.js'
import {measured} from './support/measured.js'
import {median} from './support/median.js'
import {writeLog} from './support/write-log.js'

const sizes = [50_000, 100_000, 200_000]
const rounds = 3
const boundSeconds = 5
/**
 * The CPU time for 200,000 records, divided by four times that for 50,000, may be at most this. Process start-up is
 * excluded from both.
 */
const linearBound = 1.25

const kinds = {
  choice: {arms: 1, bench: 'blink', aggregate: 'macro', open: false},
  open: {arms: 10, bench: 'viscot', aggregate: 'macro', open: true},
  arms: {arms: 20, bench: 'vstar', aggregate: 'micro', open: false},
} as const

const rng = random('bench', 'leaderboard')

async function writeKind(folder: string, kind: keyof typeof kinds, size: number): Promise<string> {
  const {arms, bench, aggregate, open} = kinds[kind]
  const subtasks = Array.from({length: 14}, (_, k) => `subtask-${k}`)
  const perSubtask = Math.ceil(size / arms / subtasks.length)
  const entry = lockBenchmark(bench, Object.fromEntries(subtasks.map(name => [name, perSubtask])), {aggregate})
  const allArms = Array.from({length: arms}, (_, k) => arm(`model-${k}`, 'direct'))
  const dir = writeRun(join(folder, `${kind}-${size}`), lockOf(allArms, [entry]), [])
  let written = 0
  function* records() {
    for (const {id: armId} of allArms)
      for (const subtask of subtasks)
        for (let k = 0; k < perSubtask && written < size; k++, written++) {
          const score = open ? Math.round(rng.next() * 10) / 10 : Number(rng.next() < 0.5)
          const outcome = score >= 0.5 ? 'correct' : 'wrong'
          yield record(
            {arm: armId, bench, subtask, id: `${subtask}_${k + 1}`, outcome},
            {
              score,
              cluster: open ? `${subtask}-picture-${k >> 1}` : `${subtask}-${k}`,
              options: ['rubber', 'cotton', 'kevlar', 'leather'],
              letters: ['A', 'B', 'C', 'D'],
              seen: {
                promptSha256: 'a'.repeat(64),
                images: [{sha256: 'b'.repeat(64), width: 1200, height: 900, sentWidth: 1204, sentHeight: 896}],
              },
            },
          )
        }
  }
  await writeLog(dir, records())
  return dir
}

const folder = await mkdtemp(join(tmpdir(), 'bench-leaderboard-'))
try {
  let failed = false
  for (const kind of Object.keys(kinds) as (keyof typeof kinds)[]) {
    const dirs: string[] = []
    for (const size of sizes) dirs.push(await writeKind(folder, kind, size))
    const startUp = median(Array.from({length: rounds}, () => measured(['inspect', '--help']).cpu))
    // Each round covers all sizes, so that a busy moment of the machine does not affect only one of them.
    const times = sizes.map(() => [] as ReturnType<typeof measured>[])
    for (let round = 0; round < rounds; round++)
      for (const [k, dir] of dirs.entries()) times[k]!.push(measured(['leaderboard', dir]))
    const wall = times.map(of => median(of.map(time => time.wall)))
    const cpu = times.map(of => median(of.map(time => time.cpu)))
    const growth = (cpu[2]! - startUp) / (4 * (cpu[0]! - startUp))
    const ok = wall[2]! < boundSeconds && growth < linearBound
    failed ||= !ok
    const figures = sizes
      .map((size, k) => `${size / 1000}k ${wall[k]!.toFixed(2)} s (CPU ${cpu[k]!.toFixed(2)} s)`)
      .join(', ')
    console.log(
      `${kind.padEnd(6)} ${figures}; CPU of 200k is x${growth.toFixed(2)} of four times 50k${ok ? '' : '  MISSED'}`,
    )
  }
  process.exitCode = failed ? 1 : 0
} finally {
  await rm(folder, {recursive: true})
}
