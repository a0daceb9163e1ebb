// The commands that read a log, over a million records (`-- logs N` for another number): time, memory, growth.
// Each command is a process of its own. `sweep` is twenty arms over a
// twentieth of the samples, `pair` two arms over half of them. Growth is the CPU time for N records over four times
// that for N / 4, start-up excluded from both. Fails when a bound is missed.
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtemp, rm, stat, statfs} from 'node:fs/promises'
import {loadavg, tmpdir} from 'node:os'
import {join} from 'node:path'
import {random} from '../src/core/random.js'
import {arm, lockBenchmark, lockOf, record, writeRun} from '../test/support/run-folders.js'
import {bin, measured, telling, usageIn} from './support/measured.js'
import {writeLog} from './support/write-log.js'

const bounds = {seconds: 20, rssMb: 512, growth: 1.25}
/** A record of these logs has about this many bytes. */
const recordBytes = 1100

const shapes = {sweep: 20, pair: 2} as const
type Shape = keyof typeof shapes

const subtasks = Array.from({length: 14}, (_, k) => `Subtask_${k}`)
const sentence = 'The picture shows two objects, and the one on the left is closer to the camera. '

async function writeShape(folder: string, shape: Shape, size: number): Promise<string> {
  const rng = random('bench', 'logs', shape)
  const perSubtask = Math.ceil(size / shapes[shape] / subtasks.length)
  const bench = lockBenchmark('blink', Object.fromEntries(subtasks.map(name => [name, perSubtask])))
  const arms = Array.from({length: shapes[shape]}, (_, k) => arm(`model-${k}`, 'text-cot'))
  const dir = writeRun(join(folder, `${shape}-${size}`), lockOf(arms, [bench]), [])
  let left = size
  // In the order of a run: the arms of a sample together.
  function* records() {
    for (const subtask of subtasks)
      for (let k = 0; k < perSubtask; k++)
        for (const {id: armId} of arms) {
          if (left-- <= 0) continue
          const roll = rng.next()
          const outcome = roll < 0.001 ? 'error' : roll < 0.55 ? 'correct' : 'wrong'
          yield record(
            {arm: armId, bench: 'blink', subtask, id: `${subtask}_${k + 1}`, outcome},
            {
              question: 'Which of the two marked points is closer to the camera?',
              options: ['Point A', 'Point B'],
              pictures: [`${subtask}/val-00000-of-00001.parquet#${k}/image_1`],
              text: `${sentence.repeat(2 + Math.floor(3 * rng.next()))}<answer>A</answer>`,
              cluster: `${subtask}-${k}`,
              timing: {firstTokenMs: 40 + Math.floor(20 * rng.next()), totalMs: 90 + Math.floor(900 * rng.next())},
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

type Figures = ReturnType<typeof measured>

/** `view` until the leaderboard and a page of samples are there. */
async function measureView(dir: string): Promise<Figures> {
  const began = performance.now()
  const usage = join(folder, 'usage.json')
  const env = {...process.env, BENCH_USAGE: usage}
  const child = spawn(process.execPath, [...telling, bin, 'view', dir, '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    let out = ''
    let url: string | undefined
    for await (const chunk of child.stdout) {
      out += chunk
      url = /"url": "([^"]+)"/.exec(out)?.[1]
      if (url !== undefined) break
    }
    if (url === undefined) throw new Error(`view ${dir} gave no address.`)
    for (const page of ['data/board', 'data/samples?outcome=wrong']) await (await fetch(url + page)).arrayBuffer()
    const wall = (performance.now() - began) / 1000
    child.kill('SIGINT')
    await once(child, 'close')
    return {wall, ...usageIn(usage)}
  } finally {
    child.kill('SIGKILL')
  }
}

const commands: Readonly<Record<string, (dir: string) => Figures | Promise<Figures>>> = {
  leaderboard: dir => measured(['leaderboard', dir]),
  compare: dir => measured(['compare', `${dir}#model-0|`, `${dir}#model-1|`]),
  'inspect --outcome': dir => measured(['inspect', dir, '--outcome', 'error']),
  'inspect --sample': dir => measured(['inspect', dir, '--sample', `${subtasks[7]}_3`]),
  'the same again': dir => measured(['inspect', dir, '--sample', `${subtasks[7]}_4`]),
  view: measureView,
}

/** Of these the second is a lookup, whose time does not grow with the log. */
const lookups: ReadonlySet<string> = new Set(['the same again'])

const [given = '1000000', only] = process.argv.slice(2)
const size = Number(given)
const folder = await mkdtemp(join(tmpdir(), 'bench-logs-'))
try {
  const {bavail, bsize} = await statfs(folder)
  const needed = 1.5 * size * recordBytes
  if (!(size >= 1000) || bavail * bsize < 2 * needed) {
    console.error(
      size >= 1000
        ? `${tmpdir()} has too little room: ${(needed / 2 ** 30).toFixed(1)} GiB are written.`
        : 'Give a number of records, at least 1000.',
    )
    process.exit(2)
  }
  const load = () => loadavg()[0]!.toFixed(1)
  const startUp = measured(['inspect', '--help'])
  console.log(`start-up: ${startUp.cpu.toFixed(2)} s of CPU, ${startUp.rssMb.toFixed(0)} MB; load ${load()}`)
  console.log(
    `Bounds for ${size} records: ${bounds.seconds} s, ${bounds.rssMb} MB, growth at most x${bounds.growth} of linear.\n`,
  )
  let failed = false
  for (const shape of Object.keys(shapes) as Shape[]) {
    if (only !== undefined && only !== shape) continue
    const [small, large] = [await writeShape(folder, shape, size / 4), await writeShape(folder, shape, size)]
    const bytes = (await stat(join(large, 'log.jsonl'))).size
    console.log(`${shape}: ${shapes[shape]} arms, ${(bytes / 1e6).toFixed(0)} MB`)
    for (const [name, figuresOf] of Object.entries(commands)) {
      const [quarter, whole] = [await figuresOf(small), await figuresOf(large)]
      const growth = (whole.cpu - startUp.cpu) / (4 * (quarter.cpu - startUp.cpu))
      const missed = [
        ...(whole.wall < bounds.seconds ? [] : ['time']),
        ...(whole.rssMb < bounds.rssMb ? [] : ['memory']),
        ...(lookups.has(name) || growth < bounds.growth ? [] : ['growth']),
      ]
      failed ||= missed.length > 0
      const figures = `${whole.wall.toFixed(2)} s (CPU ${whole.cpu.toFixed(2)} s), ${whole.rssMb.toFixed(0)} MB`
      const grown = lookups.has(name) ? '' : `, growth x${growth.toFixed(2)}`
      const verdict = missed.length > 0 ? `FAILED: ${missed.join(', ')}` : 'ok'
      console.log(`  ${name.padEnd(18)} ${figures}${grown}; load ${load()}  ${verdict}`)
    }
    for (const dir of [small, large]) await rm(dir, {recursive: true})
  }
  process.exitCode = failed ? 1 : 0
} finally {
  await rm(folder, {recursive: true})
}
