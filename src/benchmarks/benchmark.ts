// The interface of a benchmark. An adapter is one file beside this one and one line in index.ts.

import {LanternError} from '../core/errors.js'
import type {Scoring} from '../core/outcome.js'
import type {Sample} from '../core/sample.js'

/** A subtask and how many samples its official splits hold. */
export interface Subtask {
  readonly name: string
  readonly expected: Readonly<Record<string, number>>
  /** Number of options of its items, where it is the same for all. */
  readonly choices?: number
  /** Number of pictures of its official items, where it is the same for all. */
  readonly pictures?: number
}

export interface Benchmark {
  readonly id: string
  readonly title: string
  readonly subtasks: readonly Subtask[]
  readonly splits: readonly string[]
  readonly defaultSplit: string
  readonly scoring: Scoring
  /** Where the data come from, for people and for `bench pull`. */
  readonly origin: {
    readonly repo: string
    readonly revision: string
    readonly licence: string
    readonly url: string
    readonly pull?: Pull
  }
  /**
   * Recognises the layout of a folder (or file) and opens it; reads as little as that needs.
   * Throws LanternError `data-absent` when nothing of this benchmark is there, `bad-file` for a broken file (naming
   * file and row).
   */
  load(path: string, options: LoadOptions): Promise<DataSet>
}

/** The split asked for, or the benchmark's usual one. Throws `usage` for one that it does not have. */
export function splitOf(
  {id, splits, defaultSplit}: Pick<Benchmark, 'id' | 'splits' | 'defaultSplit'>,
  asked: string | undefined,
): string {
  const split = asked ?? defaultSplit
  if (splits.includes(split)) return split
  throw new LanternError('usage', `${id} has no split "${split}".`, `Its splits: ${splits.join(', ')}.`)
}

/** What `bench pull` fetches; a benchmark without it is made, not fetched. */
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
}

/** What is known of a sample before it is read in full: enough to select, shard and stratify. */
export interface SampleKey {
  readonly id: string
  readonly subtask: string
  /** The item this sample is a variant of; variants of one item are selected together. */
  readonly item?: string
}

/** `official`: a published data set; `builtin`: drawn by this project's generators. */
export type DataKind = 'official' | 'builtin'

export interface DataSet {
  readonly benchmark: Benchmark
  readonly split: string
  readonly kind: DataKind
  /** Name of the recognised layout, e.g. `parquet`, `vlmevalkit-tsv`, `val-answers`. */
  readonly layout: string
  /** False for annotation files without their pictures, which only `replay:` accepts. */
  readonly hasImages: boolean
  /** All keys in the order of the data. */
  keys(): Promise<readonly SampleKey[]>
  /** The samples whose id is in `only` (all without it), in the order of the data, read as a stream. */
  samples(only?: ReadonlySet<string>): AsyncIterable<Sample>
  /** What identifies the data in the lock. */
  identity(): Promise<DataIdentity>
  /** Everything that is wrong with the data, as a stream; used by `bench verify`. */
  problems(): AsyncIterable<DataProblem>
}

export interface DataIdentity {
  /** Hub revision or file hash where known. */
  readonly revision: string | null
  /** BLINK: which Relative_Reflectance labels. */
  readonly labels: 'old' | 'new' | 'unknown' | null
  /** Hash over the data files. */
  readonly dataSha256: string
}

export interface DataProblem {
  readonly id: string | null
  readonly kind: string
  readonly message: string
  /** Notes do not make `verify` fail. */
  readonly severity: 'problem' | 'note'
}
