// Fuzzes every input of the program. Exits with 1 if a command ends with exit code 20 or an uncaught error, takes more
// than 20 s of work, or needs more than 1 GB. A case is made again from the seed and its number alone.
//
//   npm run fuzz -- [--n 1000] [--seed 1] [--case N] [--only KIND,...] [--check]
//                  [--minutes M] [--workers 2] [--keep DIR]
import {type ChildProcess, fork} from 'node:child_process'
import {cpSync, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {parseArgs} from 'node:util'
import {random} from '../../src/core/random.js'
import {writeBase} from './base.js'
import {kinds, selfTestName} from './kinds.js'
import {root} from './lantern.js'
import type {Asked, Told} from './worker.js'

const {values} = parseArgs({
  options: {
    n: {type: 'string', default: '1000'},
    seed: {type: 'string', default: '1'},
    case: {type: 'string'},
    only: {type: 'string'},
    workers: {type: 'string', default: '2'},
    keep: {type: 'string'},
    minutes: {type: 'string', default: 'Infinity'},
    check: {type: 'boolean', default: false},
  },
})

/** Seconds of work of the processor. A busy machine takes longer, but what waits for ever is found too. */
const mostSeconds = 20
const mostWaitMs = 180_000
const mostBytes = 2 ** 30
/** Right inputs of each kind that `--check` runs, so that most of its commands come up. */
const rightCases = 6
/** A worker that holds more is replaced, so that the peak of a case can be seen. */
const freshAbove = 700 * 2 ** 20

/** Exit codes of right inputs: data that are not the published ones end with 5, a peer that lacks samples with 4. */
const taken: ReadonlySet<number> = new Set([0, 4, 5])
/** A hub that has no weights, and a hold of another machine, are refused also when right. */
const mayBeRefused: ReadonlySet<string> = new Set(['hub', 'hold'])

const seed = Number(values.seed)
const only = values.only?.split(',')
const names =
  only === undefined ? Object.keys(kinds) : [...Object.keys(kinds), selfTestName].filter(name => only.includes(name))
const kindOf = (number: number) => random('kind', seed, number).pick(names)
const numbers = values.case === undefined ? Array.from({length: Number(values.n)}, (_, k) => k) : [Number(values.case)]

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-fuzz-'))
const keep = values.keep ?? mkdtempSync(join(tmpdir(), 'lantern-eval-fuzz-kept-'))
const base = join(folder, 'base')
const counts = new Map<string, {tried: number; refused: number; faults: number}>()
let faults = 0
let tried = 0

const wrong: string[] = []

/** A worker process that runs one case at a time. */
class Runner {
  readonly #place: string
  #child: ChildProcess | undefined

  constructor(place: string) {
    this.#place = place
  }

  /** Whether the commands of a kind take its right input; if not, its changed ones would show nothing. */
  async check(kind: string): Promise<void> {
    for (let number = 0; number < rightCases; number++) {
      const {fault, codes, said} = await this.#told({seed, number, kind, folder: this.#place, base, right: true})
      if (fault !== null || codes.some(code => !taken.has(code)))
        wrong.push(`${kind} is refused when right, case ${number}: ${fault ?? said}`)
    }
  }

  async run(number: number): Promise<void> {
    const kind = kindOf(number)
    const asked: Asked = {seed, number, kind, folder: this.#place, base, right: false}
    const {fault, codes} = await this.#told(asked)
    const count = counts.get(kind) ?? {tried: 0, refused: 0, faults: 0}
    count.tried++
    if (codes.some(code => code !== 0)) count.refused++
    if (fault !== null) {
      count.faults++
      faults++
      const kept = join(keep, `${seed}-${number}`)
      cpSync(this.#place, kept, {recursive: true})
      console.log(`FAULT ${kind}, --seed ${seed} --case ${number}, input in ${kept}\n${fault}\n`)
    }
    counts.set(kind, count)
  }

  async #told(asked: Asked): Promise<Pick<Told, 'fault' | 'codes' | 'said'>> {
    this.#child ??= await this.#started()
    const child = this.#child
    const before = heldBy(child)
    const worked = workOf(child)
    let peak = before
    const told = await new Promise<Told | string>(resolve => {
      const late = setTimeout(() => done(`no end after ${mostWaitMs / 1000} s`), mostWaitMs)
      const watch = setInterval(() => {
        if (workOf(child) - worked > mostSeconds) done(`more than ${mostSeconds} s of work`)
        peak = Math.max(peak, heldBy(child))
        if (peak - before > mostBytes) done(`more than ${mostBytes / 2 ** 20} MB`)
      }, 50)
      const done = (value: Told | string) => {
        clearTimeout(late)
        clearInterval(watch)
        resolve(value)
      }
      child.once('message', value => done(value as Told))
      child.once('exit', (code, signal) => done(`the process ended with ${code ?? signal}`))
      child.send(asked)
    })
    if (typeof told === 'string') {
      this.close()
      return {fault: told, codes: [], said: ''}
    }
    child.removeAllListeners('exit')
    const grown = told.peak - told.before
    if (told.peak > freshAbove || told.fault !== null) this.close()
    if (told.fault === null && grown > mostBytes) return {...told, fault: `${Math.round(grown / 2 ** 20)} MB of memory`}
    return told
  }

  async #started(): Promise<ChildProcess> {
    const script = fileURLToPath(new URL('worker.ts', import.meta.url))
    const execArgv = ['--import', import.meta.resolve('tsx'), '--max-old-space-size=1500']
    const child = fork(script, [], {cwd: folder, execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc']})
    await new Promise((resolve, reject) => {
      child.once('message', resolve).once('exit', () => reject(new Error('the worker did not start')))
    })
    child.removeAllListeners()
    return child
  }

  close(): void {
    this.#child?.removeAllListeners()
    this.#child?.kill('SIGKILL')
    this.#child = undefined
  }
}

/** Seconds of the processor that a process has taken (proc(5): utime and stime, in hundredths). */
function workOf(child: ChildProcess): number {
  try {
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return 0
  }
}

/** Resident memory of a process, in bytes; 0 where the system does not tell. */
function heldBy(child: ChildProcess): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

const startedAt = Date.now()
try {
  await writeBase(base, root)
  const queue = numbers.values()
  const kindQueue = names.filter(name => !mayBeRefused.has(name)).values()
  await Promise.all(
    Array.from({length: Math.min(Number(values.workers), Math.max(1, numbers.length))}, async (_, k) => {
      const runner = new Runner(join(folder, `case-${k}`))
      if (values.check) for (const kind of kindQueue) await runner.check(kind)
      for (const number of queue) {
        if (Date.now() - startedAt > 60_000 * Number(values.minutes)) break
        await runner.run(number)
        tried++
      }
      runner.close()
    }),
  )
} finally {
  rmSync(folder, {recursive: true, force: true})
  if (faults === 0 && values.keep === undefined) rmSync(keep, {recursive: true, force: true})
}
for (const [name, {tried, refused, faults: broken}] of [...counts].sort())
  console.log(
    `${name.padEnd(14)} ${String(tried).padStart(5)} tried, ${String(refused).padStart(5)} refused, ${broken} faults`,
  )
console.log(`${tried} cases, seed ${seed}: ${faults} faults, ${((Date.now() - startedAt) / 1000).toFixed(0)} s`)
for (const what of wrong) console.log(what)
process.exitCode = faults + wrong.length > 0 ? 1 : 0
