// One trial: start a command, kill it at a moment, start the same command again, and compare what it leaves with what
// an unkilled one leaves.
import {mkdir, readdir, readFile, readlink, rm} from 'node:fs/promises'
import {join, relative, sep} from 'node:path'
import {pathToFileURL} from 'node:url'
import {type LogRecord, recordKey} from '../../../src/run-folder/record.js'
import {type Ended, root, startCli} from '../cli.js'
import type {Subject} from './subjects.js'

/** When to kill: after some milliseconds, or at a step that changes a file. */
export type Moment = {readonly afterMs: number} | {readonly atStep: number}

/** A command that nobody killed: what it left, how long it took, and how many steps changed a file. */
export interface Unkilled {
  readonly left: Left
  readonly ms: number
  readonly steps: number
  readonly asked: number
}

export interface Trial {
  readonly moment: Moment
  /** False if the command had ended before. */
  readonly killed: boolean
  /** What was wrong, in sentences. */
  readonly faults: readonly string[]
}

const preload = pathToFileURL(join(root, 'test/support/kills/die-at-step.mjs')).href

function start(subject: Subject, place: string, extra: Readonly<Record<string, string>> = {}) {
  return startCli(subject.args(place), {env: {...subject.env(place), ...extra}})
}

/** Runs the command to its end. Throws if it fails: then there is nothing to compare with. */
export async function unkilled(subject: Subject, place: string): Promise<Unkilled> {
  await mkdir(place, {recursive: true})
  await subject.prepare?.(place)
  const countFile = `${place}.steps`
  const before = subject.asked?.count() ?? 0
  const began = Date.now()
  const ended = await start(subject, place, {NODE_OPTIONS: `--import ${preload}`, KILL_STEPS_FILE: countFile}).ended
  const ms = Date.now() - began
  if (ended.code !== 0) throw new Error(`${subject.name} fails unkilled: ${ended.stderr}`)
  const steps = Number(await readFile(countFile, 'utf8'))
  return {left: await leftIn(subject, place), ms, steps, asked: (subject.asked?.count() ?? 0) - before}
}

export async function trial(subject: Subject, place: string, moment: Moment, expected: Unkilled): Promise<Trial> {
  await rm(place, {recursive: true, force: true})
  await mkdir(place, {recursive: true})
  await subject.prepare?.(place)
  const before = subject.asked?.count() ?? 0
  const first = await killedAt(subject, place, moment)
  const killed = first.signal === 'SIGKILL'
  const faults: string[] = []
  if (!killed && first.code !== 0) faults.push(`unkilled, it ended with ${first.code}: ${first.stderr.slice(-300)}`)
  const saved = await completeLines(subject, place)
  const again = await start(subject, place).ended
  // bench make writes to a new folder: after a whole one there is nothing to do again.
  const refused = !killed && subject.run === undefined && again.code === 2
  if (again.code !== 0 && !refused)
    faults.push(`the same command ended with ${again.code}: ${again.stderr.trim().slice(-300)}`)
  else faults.push(...(await differences(subject, place, saved, expected.left)))
  if (subject.asked) {
    const more = subject.asked.count() - before - expected.asked
    const allowed = killed ? subject.asked.inFlight : 0
    if (more > allowed) faults.push(`${more} requests were made again, ${allowed} could be in flight`)
  }
  return {moment, killed, faults}
}

async function killedAt(subject: Subject, place: string, moment: Moment): Promise<Ended> {
  if ('atStep' in moment)
    return start(subject, place, {NODE_OPTIONS: `--import ${preload}`, KILL_AT_STEP: String(moment.atStep)}).ended
  const {child, ended} = start(subject, place)
  const timer = setTimeout(() => child.kill('SIGKILL'), moment.afterMs)
  const result = await ended
  clearTimeout(timer)
  return result
}

/** What a command left: records by key, and the other files by path, without times. */
interface Left {
  readonly records: ReadonlyMap<string, string>
  readonly doubled: readonly string[]
  readonly files: ReadonlyMap<string, string>
}

async function differences(subject: Subject, place: string, saved: string, expected: Left): Promise<string[]> {
  const left = await leftIn(subject, place)
  const faults = left.doubled.map(key => `${key} is there twice`)
  if (!(await completeLines(subject, place)).startsWith(saved)) faults.push('records that were on disk are lost')
  for (const what of ['records', 'files'] as const) {
    for (const [name, value] of expected[what]) {
      const found = left[what].get(name)
      if (found === undefined) faults.push(`${name} is missing`)
      else if (found !== value) faults.push(`${name} differs: ${firstDifference(found, value)}`)
    }
    for (const name of left[what].keys()) if (!expected[what].has(name)) faults.push(`${name} is left over`)
  }
  return faults
}

function firstDifference(found: string, expected: string): string {
  const at = Array.from(found).findIndex((char, index) => char !== expected[index])
  const around = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 40), at + 40))
  return `${around(found)}, not ${around(expected)}`
}

async function completeLines({run}: Subject, place: string): Promise<string> {
  if (run === undefined) return ''
  const text = await readFile(join(place, run, 'log.jsonl'), 'utf8').catch(() => '')
  return text.slice(0, text.lastIndexOf('\n') + 1)
}

async function leftIn(subject: Subject, place: string): Promise<Left> {
  const records = new Map<string, string>()
  const files = new Map<string, string>()
  const doubled: string[] = []
  for (const entry of await readdir(place, {recursive: true, withFileTypes: true})) {
    if (entry.isDirectory()) continue
    const path = join(entry.parentPath, entry.name)
    const name = relative(place, path)
    if (subject.caches.includes(name.split(sep)[0]!)) continue
    if (entry.isSymbolicLink()) {
      files.set(name, await readlink(path))
      continue
    }
    const bytes = await readFile(path)
    if (entry.name !== 'log.jsonl') files.set(name, timeless(name, bytes, place))
    else
      for (const line of bytes.toString('utf8').trim().split('\n')) {
        const record: LogRecord = JSON.parse(line)
        const key = recordKey(record)
        if (records.has(key)) doubled.push(key)
        records.set(key, JSON.stringify({...record, timing: null}))
      }
  }
  return {records, doubled, files}
}

/** Fields that differ between two runs of one command: when, how long, where. */
const ofTheMoment = /^(startedAt|run|runDir|.*[mM]s|tokensPerSecond|samplesPerSecond)$/

/** The content of a file without times and places. Tables are only checked to be there: they repeat summary.json. */
function timeless(name: string, bytes: Buffer, place: string): string {
  if (/table\.(md|csv)$/.test(name)) return ''
  if (!name.endsWith('.json')) return bytes.toString('latin1')
  const text = bytes.toString('utf8').replaceAll(place, 'PLACE')
  return JSON.stringify(JSON.parse(text, (key, value) => (ofTheMoment.test(key) ? null : value)))
}
