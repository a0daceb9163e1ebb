// Reads answers that were saved earlier, in each of the forms that `replay:PATH` accepts (design/contract.md). Scoring
// them is not its business.
import {existsSync} from 'node:fs'
import {readdir, readFile, stat} from 'node:fs/promises'
import {extname, join} from 'node:path'
import {z} from 'zod'
import {LanternError, messageOf} from '../core/errors.js'
import {type Stop, stops, type Timing, type Usage} from '../core/generation.js'
import {hashOf} from '../core/hash.js'
import {lockFile, logFile, settledRecords} from '../run-folder/reader.js'

/** What was answered; the usage and timing of a run of ours are carried over. */
export interface SavedAnswer {
  readonly text: string
  readonly stop: Stop
  readonly usage?: Usage
  readonly timing?: Timing
  /** Set when the answer is a failure that was saved. */
  readonly error?: string
}

/** Answers by benchmark and sample id. */
export class SavedAnswers {
  readonly #answers = new Map<string, SavedAnswer>()

  get size(): number {
    return this.#answers.size
  }

  get(bench: string, id: string): SavedAnswer | undefined {
    return this.#answers.get(JSON.stringify([bench, id]))
  }

  /** Adds an answer. As in the log, the last one that is not an error counts. */
  add(bench: string, id: string, answer: SavedAnswer): void {
    const key = JSON.stringify([bench, id])
    if (answer.error !== undefined && this.#answers.has(key)) return
    this.#answers.set(key, answer)
  }

  /** sha256 over what was answered, whatever the file form and the order it came in. */
  sha256(): string {
    const rows = [...this.#answers].map(([key, {text, stop, error}]) => [key, text, stop, error ?? null] as const)
    return hashOf(rows.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
  }
}

/**
 * Reads a run folder of ours (`DIR`, or `DIR#ARM` where it has several arms), JSONL with one answer a line, a BLINK
 * `saved_val_predictions` file or a folder of BLINK `saved_outputs`. The extension `.json` or `.jsonl` may be left out.
 * `benchmarks` are those of this run: JSONL lines without `bench` belong to the only one.
 * Throws LanternError `bad-file` naming the file and the line.
 */
export async function readSavedAnswers(path: string, benchmarks: readonly string[]): Promise<SavedAnswers> {
  const [found, arm] = locate(path)
  if ((await stat(found)).isDirectory()) {
    if ([lockFile, logFile].some(name => existsSync(join(found, name)))) return readRun(found, arm)
    return readBlinkOutputs(found)
  }
  const text = (await readFile(found, 'utf8')).replace(/^\uFEFF/, '')
  return extname(found) === '.json' ? readBlinkPredictions(text, found) : readLines(text, found, benchmarks)
}

function locate(path: string): readonly [path: string, arm: string | undefined] {
  for (const candidate of [path, `${path}.json`, `${path}.jsonl`])
    if (existsSync(candidate)) return [candidate, undefined]
  const hash = path.indexOf('#')
  if (hash > 0 && existsSync(path.slice(0, hash))) return [path.slice(0, hash), path.slice(hash + 1)]
  throw new LanternError(
    'bad-file',
    `There are no saved answers at ${path}: no such file or folder.`,
    'Give a run folder, a JSONL file of answers, or a file or folder of saved BLINK outputs after replay:.',
  )
}

async function readRun(folder: string, arm: string | undefined): Promise<SavedAnswers> {
  const records = await settledRecords(folder)
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
    answers.add(record.bench, record.id, {
      text: record.text,
      stop: record.stop,
      usage: record.usage,
      timing: record.timing,
      ...(error === undefined ? {} : {error}),
    })
  }
  return answers
}

const lineSchema = z.looseObject({
  bench: z.string().optional(),
  id: z.union([z.string(), z.number()]).transform(String),
  text: z.string().default(''),
  stop: z.enum(stops).default('eos'),
  error: z.string().nullish(),
})

function readLines(text: string, path: string, benchmarks: readonly string[]): SavedAnswers {
  const answers = new SavedAnswers()
  text.split('\n').forEach((line, index) => {
    if (line.trim() === '') return
    const where = `${path}, line ${index + 1}`
    const parsed = lineSchema.safeParse(parseJson(line, where))
    if (!parsed.success) throw badFile(where, `is not a saved answer: ${firstIssue(parsed.error)}`)
    const {bench = benchmarks.length === 1 ? benchmarks[0] : undefined, id, text, stop, error} = parsed.data
    if (bench === undefined)
      throw badFile(where, 'names no benchmark, and this run has several', 'Add "bench" to every line.')
    if (stop === 'error' || error != null)
      answers.add(bench, id, {text, stop: 'error', error: error ?? 'the saved answer is an error'})
    else answers.add(bench, id, {text, stop})
  })
  return answers
}

const predictionsSchema = z.record(z.string().regex(/^(val|test)_.+_\d+$/), z.string())

/** `{"val_Art_Style_1": "(A)", ...}` (zeyofu/BLINK_Benchmark: eval/saved_val_predictions). */
function readBlinkPredictions(text: string, path: string): SavedAnswers {
  const parsed = predictionsSchema.safeParse(parseJson(text, path))
  if (!parsed.success) throw badFile(path, `is not a file of BLINK predictions: ${firstIssue(parsed.error)}`)
  const answers = new SavedAnswers()
  for (const [id, prediction] of Object.entries(parsed.data)) answers.add('blink', id, {text: prediction, stop: 'eos'})
  return answers
}

const outputsSchema = z.partialRecord(
  z.enum(['val', 'test']),
  z.array(z.looseObject({idx: z.string(), full_prediction: z.string().nullable()})),
)

/** One file per subtask with the raw response of every item (zeyofu/BLINK_Benchmark: eval/saved_outputs). */
async function readBlinkOutputs(folder: string): Promise<SavedAnswers> {
  const answers = new SavedAnswers()
  const files = (await readdir(folder)).filter(name => extname(name) === '.json').sort()
  if (files.length === 0) {
    throw new LanternError(
      'bad-file',
      `The folder ${folder} holds neither a ${logFile} nor JSON files of saved BLINK outputs.`,
      'Give a run folder, or a folder such as saved_outputs/<model> of the BLINK repository.',
    )
  }
  for (const file of files) {
    const path = join(folder, file)
    const parsed = outputsSchema.safeParse(parseJson(await readFile(path, 'utf8'), path))
    if (!parsed.success) throw badFile(path, `is not a file of BLINK outputs: ${firstIssue(parsed.error)}`)
    for (const {idx, full_prediction} of Object.values(parsed.data).flat()) {
      if (full_prediction === null)
        answers.add('blink', idx, {text: '', stop: 'error', error: 'the saved response is null'})
      else answers.add('blink', idx, {text: full_prediction, stop: 'eos'})
    }
  }
  return answers
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw badFile(where, `is not JSON: ${messageOf(error)}`)
  }
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0]!
  return `${issue.path.join('.')}${issue.path.length > 0 ? ': ' : ''}${issue.message}`
}

function badFile(
  where: string,
  problem: string,
  suggestion = 'Mend that place of the file, or give another file after replay:.',
): LanternError {
  return new LanternError('bad-file', `${where} ${problem}.`, suggestion)
}
