// The interface of a benchmark: everything we know about one, in one place. An adapter is one file beside this one and
// one line in index.ts; design/adapters.md follows it from definition to prompt and score.

import {LanternError} from '../core/errors.js'
import type {Scoring} from '../core/outcome.js'
import type {Limits, PromptForms} from '../core/prompt-form.js'
import type {Sample} from '../core/sample.js'

/** A subtask and how many samples its official splits hold. */
export interface Subtask {
  readonly name: string
  readonly expected: Readonly<Record<string, number>>
  /** Number of options of its items, if all have the same. */
  readonly choices?: number
  /** Number of pictures of its official items, if all have the same. */
  readonly pictures?: number
}

export interface Benchmark {
  /** Lower-case letters, digits and hyphens. */
  readonly id: string
  /** The name in tables. */
  readonly title: string
  /** How peers name it in tasks, data sets and files; case and punctuation are ignored. */
  readonly aliases?: readonly string[]
  /** Every subtask. Data that name another one are refused, unless `openSubtasks`. */
  readonly subtasks: readonly Subtask[]
  /** True where the data may have other subtasks than are known before they are read. */
  readonly openSubtasks?: boolean
  /** Subtasks for the built-in models when no benchmark is named. */
  readonly shown?: readonly string[]
  readonly splits: readonly string[]
  readonly defaultSplit: string
  readonly scoring: Scoring
  /** How questions are put, by prompt style. */
  readonly prompts: PromptForms
  /** Limits of new tokens by mode, where the defaults do not fit its answers. */
  readonly maxNewTokens?: Limits
  /** False when the order of its options has a meaning, so that no other order may be asked. */
  readonly optionOrders?: boolean
  /** Writes answers in the form of the benchmark's own server or scorer; absent where there is none. */
  submission?(answers: readonly SubmissionAnswer[]): Submission
  /** Folder of the data that a user's own definition names; they need not be fetched or given. */
  readonly home?: string
  /** What --bench takes to find it again, where it is a user's own: its definition file, or `ID=FILE`. */
  readonly definition?: string
  /** Its files, with an example, for the help of `bench export`. */
  readonly submissionForm?: string
  /** Folder below `fixtures/` with gold answers (no pictures) that ship with the package. */
  readonly shippedAnswers?: string
  /** Where the data come from, for readers and for `bench pull`. */
  readonly origin: {
    readonly repo: string
    readonly revision: string
    readonly licence: string
    readonly url: string
    readonly pull?: Pull
  }
  /**
   * Recognises the layout of a folder (or file) and opens it; reads as little as possible.
   * Throws LanternError `data-absent` when nothing of this benchmark is there, `bad-file` for a broken file (naming
   * file and row).
   */
  load(path: string, options: LoadOptions): Promise<DataSet>
}

/** One answer of a run, for a submission: each sample once, without failed ones. */
export interface SubmissionAnswer {
  readonly id: string
  readonly subtask: string
  /** The answer read out of the text; null if none was. */
  readonly answer: string | null
  readonly text: string
}

export interface Submission {
  /** Files to write: name and content. */
  readonly files: readonly {readonly name: string; readonly content: string}[]
  /** Samples whose answer could not be read; written as the benchmark writes a missing answer. */
  readonly unanswered: number
}

/** The split asked for, or the benchmark's default. Throws `usage` for an unknown split. */
export function splitOf(
  {id, splits, defaultSplit}: Pick<Benchmark, 'id' | 'splits' | 'defaultSplit'>,
  asked: string | undefined,
): string {
  const split = asked ?? defaultSplit
  if (splits.includes(split)) return split
  throw new LanternError('usage', `${id} has no split "${split}".`, `Its splits: ${splits.join(', ')}.`)
}

/** What `bench pull` fetches. A benchmark without it is generated, not fetched. */
export type Pull =
  /** Files of the hub's data set `origin.repo` at `origin.revision`, by split. */
  | {readonly from: 'hub'; readonly files: Readonly<Record<string, RegExp>>}
  /** Files below a URL, for all splits; `note` says what they lack. */
  | {readonly from: 'web'; readonly base: string; readonly files: readonly WebFile[]; readonly note: string}

export interface WebFile {
  readonly path: string
  readonly size: number
  readonly sha256: string
}

export interface LoadOptions {
  readonly split: string
  /** Seeds what a layout leaves open, e.g. the option order of V*'s official JSON. */
  readonly seed: number
  /** Folder of pictures whose paths in the data are absolute or leave the data folder (`--image-root`). */
  readonly imageRoot?: string
}

/** What is known of a sample before it is read in full: enough to select, shard and stratify. */
export interface SampleKey {
  readonly id: string
  readonly subtask: string
  /** The item of which this sample is a variant; variants of one item are selected together. */
  readonly item?: string
  /** Samples of one group count only together, and are selected together. */
  readonly group?: string
}

/**
 * `official`: a published data set; `builtin`: drawn by this project's generators; `custom`: a user's own, of which no
 * other copy is known.
 */
export type DataKind = 'official' | 'builtin' | 'custom'

export interface DataSet {
  readonly benchmark: Benchmark
  readonly split: string
  readonly kind: DataKind
  /** Name of the recognised layout, e.g. `parquet`, `vlmevalkit-tsv`, `val-answers`. */
  readonly layout: string
  /** False for annotation files without their pictures, which only `replay:` accepts. */
  readonly hasImages: boolean
  /** What was recognised in the data that the user did not say, in sentences. */
  readonly notes: readonly string[]
  /** All keys in the order of the data. Throws `bad-file` naming the first record that cannot be used. */
  keys(): Promise<readonly SampleKey[]>
  /** Whether counts and ids are the published ones; never true for generated samples. */
  verified(): Promise<boolean>
  /**
   * The samples whose id is in `only` (default: all), in the order of the data, as a stream. If the data have pictures,
   * each sample has all of its pictures, and reading a missing one throws.
   */
  samples(only?: ReadonlySet<string>): AsyncIterable<Sample>
  /** What identifies the data in the lock. */
  identity(): Promise<DataIdentity>
  /** Everything that is wrong with the data, as a stream; for `bench verify`. */
  problems(): AsyncIterable<DataProblem>
}

export interface DataIdentity {
  /** Hub revision or file hash where known. */
  readonly revision: string | null
  /** BLINK: which Relative_Reflectance labels. */
  readonly labels: 'old' | 'new' | 'unknown' | null
  /** Hash over the data files. */
  readonly dataSha256: string
  /** Hash over what a definition file says of how rows are read and scored; absent for adapters. */
  readonly definitionSha256?: string
}

export interface DataProblem {
  readonly id: string | null
  readonly kind: string
  readonly message: string
  /** Notes do not make `verify` fail. */
  readonly severity: 'problem' | 'note'
}
