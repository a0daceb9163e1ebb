// What every peer's file says of one sample, in our words, and the small readings that several formats share.
import {benchmarkNamed} from '../../benchmarks/index.js'
import {LanternError, messageOf} from '../../core/errors.js'
import type {Stop, Timing, Usage} from '../../core/generation.js'

/** What a benchmark itself knows of a sample; a file's own words take precedence. */
export interface SampleFacts {
  readonly subtask: string
  readonly gold: string | readonly string[] | null
  readonly options?: readonly string[]
  readonly letters?: readonly string[]
  readonly cluster?: string
}

export interface PeerAnswer {
  /** Benchmark id of ours, or the peer's own task name. */
  readonly bench: string
  readonly model: string
  readonly id: string
  readonly subtask?: string
  readonly text: string
  readonly stop: Stop
  /** Why there is no answer, where the peer says so or where its text is a known stand-in for a failure. */
  readonly error?: string
  /** Absent: the file does not say; null: hidden. */
  readonly gold?: string | readonly string[] | null
  readonly options?: readonly string[]
  readonly letters?: readonly string[]
  readonly cluster?: string
  /** The peer's own score, 0 to 1, and what it read as the answer; null where the file has none. */
  readonly peer: number | null
  readonly peerAnswer: string | null
  readonly usage?: Partial<Usage>
  readonly timing?: Partial<Timing>
}

export interface ImportContext {
  /** Facts by sample id; empty for a benchmark whose data are not at hand. */
  facts(bench: string): Promise<ReadonlyMap<string, SampleFacts>>
  readonly split: string | undefined
  readonly warn: (message: string) => void
}

/** One peer's file format. To add one: a file beside this one and a line in index.ts. */
export interface PeerFormat {
  readonly name: string
  /** True if the path is of this format; reads as little as that needs. */
  accepts(path: string): Promise<boolean>
  /** Every answer, as a stream. Throws `bad-file` naming file and place. */
  read(path: string, context: ImportContext): AsyncIterable<PeerAnswer>
}

/** Our id of the benchmark that a peer's task or data set name stands for; else the name itself. */
export async function benchOf(task: string): Promise<string> {
  return (await benchmarkNamed(task)) ?? task.replace(/[^\w.-]+/g, '_')
}

/** A gold answer: `(B)` and `B` are letters, `hidden` is none, anything else is text. */
export function goldOf(value: unknown): string | readonly string[] | null | undefined {
  if (Array.isArray(value)) return value.length === 1 ? goldOf(value[0]) : value.map(String)
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string') return undefined
  return value === 'hidden' ? null : (/^\s*\(?([A-Z])\)?\.?\s*$/.exec(value)?.[1] ?? value)
}

/** Options that a question spells out a line each, as `(A) text` or `A. text`, in the order of their letters. */
export function optionsIn(text: string): string[] | undefined {
  const lines = Array.from(text.matchAll(/^[ \t]*\(?([A-Z])[).][ \t]+(.+?)[ \t]*$/gm), match => ({
    letter: match[1]!,
    text: match[2]!,
  }))
  const inOrder = lines.length > 1 && lines.every(({letter}, index) => letter === String.fromCharCode(65 + index))
  return inOrder ? lines.map(line => line.text) : undefined
}

/** The first string in a value, however deep in lists (`[["text"]]`) or under `text`. */
export function firstText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return firstText(value[0])
  return isObject(value) ? firstText(value['text']) : undefined
}

/** True for a JSON object: no list, no null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value as a short name, or undefined. */
export function word(value: unknown): string | undefined {
  return (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : undefined
}

/** What is wrong with a file of a peer, and where: `where` and `problem` make a sentence. */
export function badFile(
  where: string,
  problem: string,
  suggestion = 'Give the file as the peer wrote it.',
): LanternError {
  return new LanternError('bad-file', `${where} ${problem}.`, suggestion)
}

/** JSON with or without a byte order mark. Throws `bad-file`. */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw badFile(where, `is not JSON: ${messageOf(error)}`)
  }
}
