// The cost of the whole harness relative to a bare undici loop.
// `lantern-eval run` evaluates 500 samples of a BLINK parquet file with a 150 kB PNG each, 64 in flight, and writes its
// log to disk. The loop reads 500 PNG files of that size. The endpoint runs in a separate process and answers after a
// fixed delay of 50 ms. CPU time is that of the whole process less that of a process that asks for one sample, which is
// printed as the start; memory is that of the whole process. Samples per second are counted at the endpoint, from the
// first request to the last reply.
// Then 10,000 samples of 100 kB each must stay within a memory bound. Sides alternate; ratios are medians over the
// rounds.
// Needs a build. Fails when a bound is missed.
import {execFile} from 'node:child_process'
import {mkdir, mkdtemp, readdir, rm, stat, writeFile} from 'node:fs/promises'
import {loadavg, tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import {noisePicture, writeBlinkParquet} from './support/blink-parquet.js'
import {withEndpoint} from './support/endpoint.js'
import {bounds, delayMs, inFlight, type Measured, pictureBytes, samples} from './support/load.js'
import {bin, telling, usageIn} from './support/measured.js'
import {median} from './support/median.js'

const rounds = Number(process.argv[2] ?? 5)
const mostFolderMb = 1
const many = {samples: 10_000, pictureBytes: 100_000, rssMb: 500}

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const folder = await mkdtemp(join(tmpdir(), 'bench-run-'))

/** Runs a script to completion against a new endpoint. CPU time is given per sample, start-up included. */
async function measure(asked: number, args: (url: string) => string[]): Promise<Measured> {
  const usage = join(folder, 'usage.json')
  const {seen} = await withEndpoint(delayMs, url =>
    promisify(execFile)(process.execPath, [...telling, ...args(url)], {
      env: {...process.env, BENCH_USAGE: usage, LANTERN_EVAL_CACHE_DIR: join(folder, 'cache')},
    }),
  )
  const {cpu, rssMb} = usageIn(usage)
  return {rate: asked / seen.seconds, cpuMs: (1000 * cpu) / asked, rssMb, peak: seen.peak}
}

const harness = (data: string, out: string) => (url: string) => [
  bin,
  'run',
  ...['--bench', 'blink', '--data', data, '--model', 'openai:m', '--base-url', url, '--concurrency', String(inFlight)],
  ...['--no-cache', '--out', out, '--json'],
]

/** The same measurement without the CPU time of a process that asks for one sample. */
function beyond(measured: Measured, startMs: number): Measured {
  return {...measured, cpuMs: (measured.cpuMs * samples - startMs) / (samples - 1)}
}

async function sizeOf(out: string): Promise<number> {
  const sizes = await Promise.all((await readdir(out)).map(async name => (await stat(join(out, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0) / 1e6
}

/** What both sides read: a folder of pictures for the loop, one of a parquet file for the run. */
async function writeLoad(count: number): Promise<{pictures: string; data: string}> {
  const pictures = join(folder, `pictures-${count}`)
  const data = join(folder, `blink-${count}`)
  await Promise.all([mkdir(pictures), mkdir(data)])
  for (let index = 0; index < count; index++)
    await writeFile(join(pictures, `${index}.png`), noisePicture(pictureBytes))
  await writeBlinkParquet(join(data, 'val-00000-of-00001.parquet'), {samples: count, pictureBytes})
  return {pictures, data}
}

async function sameLoad(): Promise<boolean> {
  const all = await writeLoad(samples)
  const one = await writeLoad(1)
  const loop = (pictures: string, count: number) =>
    measure(count, url => [here('support/undici-floor.mjs'), url, pictures, String(count), String(inFlight)])
  const floor: Measured[] = []
  const ours: Measured[] = []
  const starts: {floor: number; ours: number}[] = []
  let folderMb = 0
  for (let round = 0; round < rounds; round++) {
    floor.push(await loop(all.pictures, samples))
    const out = join(folder, `run-${round}`)
    ours.push(await measure(samples, harness(all.data, out)))
    folderMb = Math.max(folderMb, await sizeOf(out))
    const [floorStart, ourStart] = [await loop(one.pictures, 1), await measure(1, harness(one.data, `${out}-start`))]
    starts.push({floor: floorStart.cpuMs, ours: ourStart.cpuMs})
  }
  for (const [round, start] of starts.entries()) {
    floor[round] = beyond(floor[round]!, start.floor)
    ours[round] = beyond(ours[round]!, start.ours)
  }
  const startMs = (side: 'floor' | 'ours') => median(starts.map(start => start[side])).toFixed(0)
  const show = (name: string, side: readonly Measured[], rest: string) => {
    const of = (key: keyof Measured) => median(side.map(measured => measured[key]))
    console.log(
      `${name.padEnd(6)} ${of('rate').toFixed(0)} samples/s, ${of('cpuMs').toFixed(2)} ms CPU a sample, ${of('rssMb').toFixed(0)} MB${rest}`,
    )
  }
  const ratio = (key: 'rate' | 'cpuMs') => median(ours.map((measured, round) => measured[key] / floor[round]![key]))
  const rssMb = median(ours.map((measured, round) => measured.rssMb - floor[round]!.rssMb))
  const peak = median(ours.map(measured => measured.peak))
  const facts = `rate x${ratio('rate').toFixed(2)}, CPU x${ratio('cpuMs').toFixed(2)}, RSS +${rssMb.toFixed(0)} MB, ${peak} in flight`
  show('undici', floor, `, start ${startMs('floor')} ms CPU`)
  show(
    'run',
    ours,
    `, start ${startMs('ours')} ms CPU (${facts}, run folder ${folderMb.toFixed(2)} MB), load ${loadavg()[0]!.toFixed(1)}`,
  )
  return (
    ratio('rate') >= bounds.rate &&
    ratio('cpuMs') <= bounds.cpu &&
    rssMb <= bounds.rssMb &&
    peak >= bounds.peak &&
    folderMb < mostFolderMb
  )
}

async function manySamples(): Promise<boolean> {
  const data = join(folder, 'many')
  await mkdir(data)
  await writeBlinkParquet(join(data, 'val-00000-of-00001.parquet'), many)
  const {rate, rssMb} = await measure(many.samples, harness(data, join(folder, 'run-many')))
  console.log(`${many.samples} samples: ${rate.toFixed(0)} samples/s, ${rssMb.toFixed(0)} MB at most`)
  return rssMb <= many.rssMb
}

try {
  const ok = [await sameLoad(), await manySamples()]
  console.log(ok.every(Boolean) ? 'ok' : 'MISSED')
  process.exitCode = ok.every(Boolean) ? 0 : 1
} finally {
  await rm(folder, {recursive: true})
}
