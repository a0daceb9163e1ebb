// The JSON that the pages are fed with, by the server of `view` and by the files of `report` alike. Free to change: the
// pages and what feeds them are always of one version.
import type {Outcome} from '../../core/outcome.js'
import type {Comparison} from '../schemas/comparison.js'
import type {DiagnosisDocument} from '../schemas/diagnosis.js'
import type {ResultDocument} from '../schemas/result.js'

/** One arm of one run: a column of the samples. */
export interface PageColumn {
  readonly run: string
  readonly arm: string
  /** The name for people, and what else tells it from others. */
  readonly name: string
  readonly detail: string
}

/** A benchmark with its data: samples of other data are other samples. */
export interface PageBench {
  readonly id: string
  readonly title: string
  readonly subtasks: readonly string[]
  readonly samples: number
  /** The columns that were asked it. */
  readonly columns: readonly number[]
}

/** The first thing that a page reads. */
export interface PageBoard {
  readonly version: string
  readonly columns: readonly PageColumn[]
  readonly benches: readonly PageBench[]
  readonly results: ResultDocument
  /** The checkpoints of trainings as figures, for each group of the results. */
  readonly curves: readonly (readonly PageFigure[])[]
  readonly samples: number
  /** Answers in the logs; a page that follows asks again when it changes. */
  readonly answers: number
  /** Whether the logs may still grow, so that asking again makes sense. */
  readonly live: boolean
  /** Why the logs cannot be followed any more. */
  readonly problem: string | null
  readonly diagnosed: boolean
  /** Whether pictures can be asked for. */
  readonly pictures: boolean
}

/** Which samples are wanted. Everything given must hold. */
export interface SampleQuery {
  readonly bench?: number
  readonly subtask?: string
  /** Of the column `arm`, or of any. */
  readonly outcome?: Outcome
  readonly arm?: number
  /** Two columns of which exactly one is right. */
  readonly flip?: readonly [number, number]
  /** Only the samples with an answer that extractors score differently. */
  readonly disagree?: boolean
  /** Part of the id. */
  readonly text?: string
}

export interface SampleLine {
  readonly row: number
  readonly id: string
  readonly bench: number
  readonly subtask: string
  /** The outcome by column; null where there is no answer. */
  readonly outcomes: readonly (Outcome | null)[]
}

export interface SamplePage {
  readonly lines: readonly SampleLine[]
  /** How many match. While extractors are still at work, of those looked at so far. */
  readonly total: number
  /** Share of the answers that all extractors have read, where that was asked for. */
  readonly scanned: number
}

export interface PagePicture {
  readonly source: string
  /** Relative to the page; null where it is not here. */
  readonly url: string | null
  readonly width: number | null
  readonly height: number | null
  /** Why there is none. */
  readonly problem: string | null
  /** Whether the loader turns it as its EXIF says. */
  readonly turned: boolean
}

export interface PageAnswer {
  readonly column: number
  readonly repeat: number | null
  readonly outcome: Outcome
  readonly score: number | null
  readonly answer: string | null
  readonly text: string
  /** What the run's extractor read: UTF-16 offsets in `text`, and its rule. */
  readonly span: readonly [number, number] | null
  readonly rule: string | null
  readonly extractor: string
  /** Answer by extractor, where they do not agree. */
  readonly readings: readonly {readonly extractor: string; readonly answer: string | null}[]
  readonly error: string | null
  /** Facts in the order in which they are shown. */
  readonly facts: readonly (readonly [name: string, value: string])[]
  readonly steps: readonly {readonly text: string; readonly box: readonly number[] | null}[]
  readonly latents: LatentStrip | null
}

/** What stored latents look like, step by step. */
export interface LatentStrip {
  readonly blocks: readonly (readonly LatentStep[])[]
  /** The grid of the heat maps: cells of the picture. */
  readonly rows: number
  readonly columns: number
  readonly lens: {readonly of: 'latent' | 'state'; readonly warning: string} | null
}

export interface LatentStep {
  /** Length of what was fed, and of what the model itself would have fed where that was replaced. */
  readonly norm: number
  readonly ownNorm: number | null
  /** Cosine to what was put in its place. */
  readonly toOwn: number | null
  readonly toOracle: number | null
  /** Mean centred cosine to the cells of the boxes. */
  readonly toBox: number | null
  /** Centred cosine to each cell in hundredths, row by row; null where no features are kept. */
  readonly heat: readonly number[] | null
  readonly tokens: readonly {readonly token: string; readonly p: number}[]
}

export interface SampleDetail {
  readonly row: number
  readonly id: string
  readonly bench: number
  readonly subtask: string
  readonly question: string | null
  readonly options: readonly {readonly letter: string; readonly text: string}[]
  readonly gold: string | null
  readonly pictures: readonly PagePicture[]
  /** In pixels of the first picture. */
  readonly boxes: readonly (readonly number[])[]
  /** What was asked in words, and the columns that were asked so; empty where nobody can know. */
  readonly prompts: readonly {readonly columns: readonly number[]; readonly text: string}[]
  readonly answers: readonly PageAnswer[]
}

export interface PageFigure {
  readonly name: string
  readonly title: string
  readonly description: string
  /** Relative to the page. */
  readonly light: string
  readonly dark: string
}

/** A diagnosis, or why there is none. */
export type PageDiagnosis =
  | {readonly document: DiagnosisDocument; readonly figures: readonly PageFigure[]}
  | {readonly problem: string}

/** A comparison, or why there is none. */
export type PageComparison = {readonly comparison: Comparison} | {readonly problem: string}

/** Every sample at once, as `report` writes them: outcomes of a column are one letter a row. */
export interface PageRows {
  readonly ids: readonly string[]
  readonly bench: readonly number[]
  readonly subtask: readonly string[]
  readonly outcomes: readonly string[]
  /** `1` where extractors disagree. */
  readonly disagree: string
}

/** Samples of one file of `report`. */
export const detailsPerFile = 20
