// A random 3B bf16 checkpoint on this machine: memory, the first and the second start, the first token of 131 prompt
// tokens, and steps beside the bare products of their weights. Arguments: a folder that keeps the checkpoint (7.5 GB;
// else it is a temporary one), and what to measure, e.g. `q4 fp32:packed`. One process at a time; some 25 GB of disk.
import {spawn} from 'node:child_process'
import {existsSync, readFileSync} from 'node:fs'
import {mkdir, mkdtemp, rm} from 'node:fs/promises'
import {cpus, loadavg, tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {writeThreeBillion} from './support/three-billion.js'

const [given, ...asked] = process.argv.slice(2)
const kinds = (asked.length > 0 ? asked : ['q4', 'q8', 'fp32']).map(name => name.split(':') as [string, string?])
const side = fileURLToPath(new URL('three-billion-side.ts', import.meta.url))

interface Facts {
  readyMs: number
  firstTokenMs: number
  stepMs: number
  floorMs?: number
  besideMs?: number
  latentMs?: number
  least?: number
  most?: number
  leastFloor?: number
  mostFloor?: number
  /** Highest memory until the steps beside the floor, in MB: all of it, and what is no page of a file. */
  peakMb: number
  peakAnonymousMb: number
}

/** Runs one process, and samples its memory. */
function start(args: readonly string[]): Promise<Facts> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', side, ...args], {stdio: ['ignore', 'pipe', 'inherit']})
    const facts = {peakMb: 0, peakAnonymousMb: 0} as Facts
    const sample = setInterval(() => {
      if (facts.stepMs !== undefined) return
      let status = ''
      try {
        status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
      } catch {
        // It has just ended, or this is not Linux.
      }
      const of = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1000
      facts.peakMb = Math.max(facts.peakMb, of('VmHWM'))
      facts.peakAnonymousMb = Math.max(facts.peakAnonymousMb, of('RssAnon'))
    }, 50)
    let rest = ''
    child.stdout.on('data', data => {
      const lines = `${rest}${data}`.split('\n')
      rest = lines.pop()!
      for (const line of lines) Object.assign(facts, JSON.parse(line))
    })
    child.on('close', code => {
      clearInterval(sample)
      if (code === 0) resolve(facts)
      else reject(new Error(`${args.join(' ')} ended with ${code}`))
    })
  })
}

const folder = given ?? (await mkdtemp(join(tmpdir(), 'lantern-eval-3b-')))
try {
  const checkpoint = join(folder, 'checkpoint')
  await mkdir(folder, {recursive: true})
  if (!existsSync(checkpoint)) {
    const writing = performance.now()
    await writeThreeBillion(checkpoint)
    console.log(`checkpoint written in ${((performance.now() - writing) / 1000).toFixed(0)} s`)
  }
  for (const [precision, weights = 'mapped'] of kinds) {
    const cache = join(folder, `cache-${precision}-${weights}`)
    const s = (ms: number) => `${(ms / 1000).toFixed(1)} s`
    for (const which of ['first', 'second'] as const) {
      const facts = await start([checkpoint, cache, precision, weights, which === 'first' ? 'start' : 'steps'])
      console.log(
        `${precision} ${weights}, ${which} start: ready after ${s(facts.readyMs)}, first token ${s(facts.firstTokenMs)}, ` +
          `${facts.stepMs.toFixed(0)} ms a token; peak ${facts.peakMb.toFixed(0)} MB, ${facts.peakAnonymousMb.toFixed(0)} MB of it no file pages`,
      )
      if (facts.floorMs === undefined) continue
      console.log(
        `  beside the bare products: ${facts.besideMs!.toFixed(0)} ms (${facts.least!.toFixed(0)} to ${facts.most!.toFixed(0)}) ` +
          `against ${facts.floorMs.toFixed(0)} ms (${facts.leastFloor!.toFixed(0)} to ${facts.mostFloor!.toFixed(0)}), ` +
          `${(facts.besideMs! / facts.floorMs).toFixed(2)} x; in a block of latents ${facts.latentMs!.toFixed(0)} ms; load ${loadavg()[0]!.toFixed(1)} on ${cpus().length} cores`,
      )
    }
    await rm(cache, {recursive: true, force: true})
  }
} finally {
  if (given === undefined) await rm(folder, {recursive: true, force: true})
}
