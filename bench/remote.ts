// The cost of the remote runner relative to a bare undici loop.
// Sends 500 samples with a 150 kB PNG each, 64 in flight, to an endpoint in a separate process that answers after a
// fixed delay of 50 ms. Sides alternate; ratios are medians over the rounds. Fails when a bound is missed.
import {execFile} from 'node:child_process'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import {noisePicture} from './support/blink-parquet.js'
import {withEndpoint} from './support/endpoint.js'
import {bounds, delayMs, inFlight, type Measured, pictureBytes, samples} from './support/load.js'
import {median} from './support/median.js'

const rounds = Number(process.argv[2] ?? 5)
const sides = ['floor', 'session', 'session-cache'] as const

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

async function measure(side: string, folder: string, round: number): Promise<Measured> {
  const {result, seen} = await withEndpoint(delayMs, url => {
    const more = [side, url, folder, String(samples), String(inFlight), join(folder, `cache-${round}`)]
    return promisify(execFile)(process.execPath, ['--import', 'tsx', here('remote-side.ts'), ...more])
  })
  const {answers, seconds, cpuMs, rssMb} = JSON.parse(result.stdout)
  if (answers !== samples) throw new Error(`${side} answered ${answers} of ${samples}`)
  return {rate: samples / seconds, cpuMs: cpuMs / samples, rssMb, peak: seen.peak}
}

const folder = await mkdtemp(join(tmpdir(), 'bench-remote-'))
try {
  for (let index = 0; index < samples; index++)
    await writeFile(join(folder, `${index}.png`), noisePicture(pictureBytes))
  const results: Record<string, Measured[]> = Object.fromEntries(sides.map(side => [side, []]))
  for (let round = 0; round < rounds; round++) {
    for (const side of sides) results[side]!.push(await measure(side, folder, round))
  }
  const of = (side: string, key: keyof Measured) => results[side]!.map(result => result[key])
  let failed = false
  for (const side of sides) {
    const ratio = (key: 'rate' | 'cpuMs') =>
      median(of(side, key).map((value, round) => value / results['floor']![round]![key]))
    const more = median(of(side, 'rssMb').map((value, round) => value - results['floor']![round]!.rssMb))
    const peak = Math.max(...of(side, 'peak'))
    const ok =
      ratio('rate') >= bounds.rate && ratio('cpuMs') <= bounds.cpu && more <= bounds.rssMb && peak >= bounds.peak
    failed ||= !ok
    console.log(
      `${side.padEnd(14)} ${median(of(side, 'rate')).toFixed(0)} samples/s (x${ratio('rate').toFixed(2)}), ` +
        `${median(of(side, 'cpuMs')).toFixed(2)} ms CPU a sample (x${ratio('cpuMs').toFixed(2)}), ` +
        `${median(of(side, 'rssMb')).toFixed(0)} MB (${more >= 0 ? '+' : ''}${more.toFixed(0)}), ${peak} in flight${ok ? '' : '  MISSED'}`,
    )
  }
  process.exitCode = failed ? 1 : 0
} finally {
  await rm(folder, {recursive: true})
}
