// What a peer's file says about one sample, in our words, and the interface of a reader of such files.
import {aFunction, aText, type Definition, definitionOf, optional} from '../core/definition.js'
import {LanternError} from '../core/errors.js'
import type {Stop, Timing, Usage} from '../core/generation.js'

/** What a benchmark itself knows about a sample; the file takes precedence. */
export interface SampleFacts {
  readonly subtask: string
  readonly gold: string | readonly string[] | null
  readonly options?: readonly string[]
  readonly letters?: readonly string[]
  readonly cluster?: string
  /** The group of samples with which it counts together. */
  readonly group?: string
  readonly question?: string
  /** Where its pictures come from. */
  readonly images?: readonly {readonly source: string}[]
}

export interface PeerAnswer {
  /** Where the answer is (`FILE, line 3`), for messages. */
  readonly where: string
  /** Our benchmark id, or the peer's own task name; absent where the file does not say. */
  readonly bench?: string
  /** Absent where neither the file nor its path says so. */
  readonly model?: string
  readonly id: string
  /** Number of the repeat, from 0; absent means 0. */
  readonly repeat?: number
  readonly subtask?: string
  readonly text: string
  readonly stop: Stop
  /** Why there is no answer: the peer says so, or its text is a known stand-in for a failure. */
  readonly error?: string
  /** Absent: the file does not say. Null: hidden. */
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

export interface PeerContext {
  /** Facts by sample id; empty for a benchmark whose data are not here. */
  facts(bench: string): Promise<ReadonlyMap<string, SampleFacts>>
  /** The split to take from a file that holds several. Undefined: the usual one; `*`: all. */
  readonly split: string | undefined
  readonly warn: (message: string) => void
}

/** The reader of one format of saved answers. */
export interface PeerFormat {
  /** Recorded in the lock of an import. */
  readonly name: string
  /** What such files are called, for the error that lists all formats: `an inspect .eval`. */
  readonly files: string
  /** Whether the file has this format; reads as little as possible. Throws `bad-file` for a broken file. */
  accepts(path: string): Promise<boolean>
  /** Every answer, as a stream. Throws `bad-file` naming file and place. */
  read(path: string, context: PeerContext): AsyncIterable<PeerAnswer>
  /**
   * Of the files of one folder that it accepts, those whose answers are in another of them too: by path, each with the
   * path of the other.
   */
  repeated?(paths: readonly string[]): ReadonlyMap<string, string>
}

/** A form of saved answers as a definition. Throws LanternError `bad-config` naming what is wrong. */
export function definePeerFormat(format: PeerFormat): Definition<'peer-format', PeerFormat> {
  return definitionOf('peer-format', format, {
    files: aText,
    accepts: aFunction,
    read: aFunction,
    repeated: optional(aFunction),
  })
}

/** What is wrong with a peer's file, and where: `where` and `problem` make a sentence. */
export function badFile(
  where: string,
  problem: string,
  suggestion = 'Give the file as the peer wrote it.',
): LanternError {
  return new LanternError('bad-file', `${where} ${problem.replace(/\.+$/, '')}.`, suggestion)
}
