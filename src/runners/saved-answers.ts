// Reads saved answers for `replay:PATH` (design/contract.md): a run folder, or any format that `src/peers` reads.
// Nothing is scored here.
import {createHash} from 'node:crypto'
import {existsSync} from 'node:fs'
import {stat} from 'node:fs/promises'
import {join} from 'node:path'
import {benchmarkIds} from '../benchmarks/index.js'
import {LanternError} from '../core/errors.js'
import type {Stop, Timing, Usage} from '../core/generation.js'
import {unknownTiming, unknownUsage} from '../core/generation.js'
import {limits} from '../core/limits.js'
import {readPeers} from '../peers/index.js'
import {badFile, type PeerAnswer} from '../peers/peer.js'
import {settled} from '../peers/settled.js'
import {lockFile, logFile, settledRecords} from '../run-folder/reader.js'
import {replaces} from '../run-folder/record.js'

/** The answer. Usage and timing of a run folder are kept. */
export interface SavedAnswer {
  readonly text: string
  readonly stop: Stop
  readonly usage?: Usage
  readonly timing?: Timing
  /** Set when the answer is a saved failure. */
  readonly error?: string
}

/** Answers by benchmark, sample id and number of the repeat (from 0). */
export class SavedAnswers {
  readonly #answers = new Map<string, SavedAnswer>()
  #repeats = 1

  /** The largest number of repeats of any sample. */
  get repeats(): number {
    return this.#repeats
  }

  get size(): number {
    return this.#answers.size
  }

  get(bench: string, id: string, repeat: number): SavedAnswer | undefined {
    return this.#answers.get(keyOf(bench, id, repeat))
  }

  /** If there are two answers to one question, the rule of the log decides which counts. */
  add(bench: string, id: string, repeat: number, answer: SavedAnswer): void {
    this.#repeats = Math.max(this.#repeats, repeat + 1)
    const key = keyOf(bench, id, repeat)
    const before = this.#answers.get(key)
    if (before === undefined || replaces(outcomeOf(answer), outcomeOf(before))) this.#answers.set(key, answer)
  }

  /** sha256 over the answers, independent of file format and order. */
  sha256(): string {
    // Hashed row by row: all answers together may exceed the longest string.
    const hash = createHash('sha256').update('[')
    for (const [index, key] of [...this.#answers.keys()].sort().entries()) {
      const {text, stop, error} = this.#answers.get(key)!
      hash.update(`${index === 0 ? '' : ','}${JSON.stringify([key, text, stop, error ?? null])}`)
    }
    return hash.update(']').digest('hex')
  }
}

/** The preliminary outcome of an answer that has not been scored. */
function outcomeOf({error}: SavedAnswer): 'error' | 'unscored' {
  return error === undefined ? 'unscored' : 'error'
}

function keyOf(bench: string, id: string, repeat: number): string {
  return JSON.stringify(repeat === 0 ? [bench, id] : [bench, id, repeat])
}

/**
 * Reads a run folder (`DIR`, or `DIR#ARM` if it has several arms), or a file or folder of another harness's answers.
 * The extension `.json` or `.jsonl` may be omitted. `benchmarks` are those of this run: answers without a benchmark
 * belong to the only one. `warn` receives sentences on which fields were read as what, and what was left out.
 * Throws LanternError `bad-file` naming the file and the line, `usage` for an unknown arm.
 */
export async function readSavedAnswers(
  path: string,
  benchmarks: readonly string[],
  warn: (message: string) => void,
): Promise<SavedAnswers> {
  const [found, arm] = locate(path)
  const isRun = (await stat(found)).isDirectory() && [lockFile, logFile].some(name => existsSync(join(found, name)))
  return isRun ? readRun(found, arm, warn) : readOthers(found, benchmarks, warn)
}

async function readOthers(
  path: string,
  benchmarks: readonly string[],
  warn: (message: string) => void,
): Promise<SavedAnswers> {
  const answers = new SavedAnswers()
  let held = 0
  const context = {facts: async () => new Map(), split: '*', warn}
  for await (const answer of settled(ofThisRun(readPeers(path, context), benchmarks))) {
    const {bench, id, repeat = 0, text, stop, error, usage, timing} = answer
    held += text.length
    if (held > limits.replayChars)
      throw badFile(
        answer.where,
        'has too many answers to hold in memory',
        'Replay the file in parts, one benchmark at a time.',
      )
    answers.add(bench!, id, repeat, {
      ...{text, stop: error === undefined ? stop : 'error'},
      ...(usage ? {usage: {...unknownUsage, ...usage}} : {}),
      ...(timing ? {timing: {...unknownTiming, ...timing}} : {}),
      ...(error === undefined ? {} : {error}),
    })
  }
  return answers
}

/**
 * Each answer with its benchmark and without its model and condition: a replay counts as one model, whatever model
 * names its files contain. A name that is no benchmark of ours, such as that of a file, means the only one of the run.
 */
async function* ofThisRun(
  answers: AsyncIterable<PeerAnswer>,
  benchmarks: readonly string[],
): AsyncGenerator<PeerAnswer> {
  for await (const {model: _, arm: _arm, ...answer} of answers) {
    if (answer.scoreOnly === true)
      throw badFile(answer.where, 'has a score and no answer', 'Scores are imported: lantern-eval import.')
    const known = answer.bench !== undefined && benchmarkIds().includes(answer.bench)
    const bench = known || benchmarks.length !== 1 ? answer.bench : benchmarks[0]
    if (bench === undefined)
      throw badFile(answer.where, 'names no benchmark, and this run has several', 'Add "bench" to every line.')
    yield {...answer, bench}
  }
}

function locate(path: string): readonly [path: string, arm: string | undefined] {
  for (const candidate of [path, `${path}.json`, `${path}.jsonl`])
    if (existsSync(candidate)) return [candidate, undefined]
  const hash = path.indexOf('#')
  if (hash > 0 && existsSync(path.slice(0, hash))) return [path.slice(0, hash), path.slice(hash + 1)]
  throw new LanternError(
    'bad-file',
    `There are no saved answers at ${path}: no such file or folder.`,
    'Give a run folder, a JSONL file of answers, or a file or folder of another harness after replay:.',
  )
}

async function readRun(
  folder: string,
  arm: string | undefined,
  warn: (message: string) => void,
): Promise<SavedAnswers> {
  const records = await settledRecords(folder, warn)
  const arms = [...new Set(records.map(record => record.arm))]
  const chosen = arm ?? arms[0]
  if ((arm === undefined && arms.length > 1) || (arm !== undefined && !arms.includes(arm))) {
    const problem = arm === undefined ? `has ${arms.length} arms` : `has no arm ${arm}`
    throw new LanternError(
      'usage',
      `The run ${folder} ${problem}: ${arms.join(', ')}.`,
      `Name one: replay:${folder}#${arms[0]}`,
    )
  }
  const answers = new SavedAnswers()
  for (const record of records) {
    if (record.arm !== chosen) continue
    const error = record.outcome === 'error' ? (record.error?.message ?? 'the saved record is an error') : undefined
    answers.add(record.bench, record.id, record.repeat ?? 0, {
      text: record.text,
      stop: record.stop,
      usage: record.usage,
      timing: record.timing,
      ...(error === undefined ? {} : {error}),
    })
  }
  return answers
}
