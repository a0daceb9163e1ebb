// What a run is asked to do: the flags of `run` as data, and the events it emits while it works.

import type {OptionOrders} from '../benchmarks/option-orders.js'
import type {Mode} from '../core/generation.js'
import type {Aggregate} from '../core/outcome.js'
import type {PromptStyle} from '../core/prompt-form.js'
import type {OwnPrompt} from '../modes/prompts.js'
import type {UsedRecipe} from '../run-folder/lock.js'
import type {LogRecord} from '../run-folder/record.js'
import type {GroupScores} from '../run-folder/tally.js'
import type {BudgetLimits} from '../runners/budget.js'
import type {RunnerOptions} from '../runners/index.js'
import type {CommonOptions, RunnerEvent} from '../runners/runner.js'
import type {Shard} from './selection.js'

/** A model and the modes to run it in; without modes, its default mode is used. */
export interface ModelChoice {
  readonly ref: string
  /** Shown for the reference, which stays in the ids of arms. */
  readonly label?: string
  readonly modes?: readonly Mode[]
}

/** Labels by reference. They are for people: two runs that differ in them alone are one run. */
export function labelsOf({models}: Pick<RunSpec, 'models'>): ReadonlyMap<string, string> {
  return new Map(models.flatMap(({ref, label}) => (label === undefined ? [] : [[ref, label] as const])))
}

export interface RunSpec {
  readonly models: readonly ModelChoice[]
  /** Benchmarks in the order given; `subtasks` from `ID:Subtask`. */
  readonly benchmarks: readonly {readonly id: string; readonly subtasks?: readonly string[]}[]
  /** Folder by benchmark id; `*` for all; the value `builtin` means the built-in samples. */
  readonly data: Readonly<Record<string, string>>
  /** Folder of pictures that lie outside the data. */
  readonly imageRoot?: string
  readonly split?: string
  readonly ids?: readonly string[]
  readonly limit?: number
  readonly seed: number
  /** How often each sample is asked, with the seeds `seed`, `seed + 1`, ...; default once. */
  readonly repeats?: number
  readonly shard: Shard | null
  readonly optionOrders: OptionOrders
  readonly protocol?: string
  /** One arm for each; default: what the checkpoint says. */
  readonly latentSizes?: readonly number[]
  readonly interventions: readonly string[]
  readonly promptStyle: PromptStyle
  /** In place of what the style says: `--system`, `--prompt-template`, `--stop`. */
  readonly ownPrompt?: OwnPrompt
  readonly extractor: string
  readonly judge?: {readonly ref: string; readonly baseUrl?: string}
  readonly decoding: {
    readonly maxNewTokens?: number
    readonly temperature: number
    readonly topP?: number
    readonly topK?: number
  }
  /** The published evaluation that the settings come from, and the layouts of the data that it asked. */
  readonly recipe?: UsedRecipe & {readonly layouts: Readonly<Record<string, readonly string[]>>}
  readonly saveLatents: boolean
  /** Saved latents are kept without features of pictures and a lens: nobody looks at those of second answers. */
  readonly latentsAlone?: boolean
  /** Donors that were not selected lie beside the run (`split-donors`). Part of the lock where an arm takes a donor. */
  readonly donorsOfSplit?: boolean
  /**
   * Also reads every latent arm behind the own text (`forced` in the record). The own arm must be among the
   * interventions, or in the run of `latentBank` with saved latents. No part of the lock: it changes no answer.
   */
  readonly readings?: boolean
  readonly maxErrorRate: number
  /** The run folder; by default it is named after the run and its lock hash, under `results/`. */
  readonly out?: string
  /** Limits on requests and cost, for models and judge together. */
  readonly budget: BudgetLimits
  /** For the runners; what the rest of the specification holds is left out. */
  readonly runner: {
    readonly common: Omit<CommonOptions, 'benchmarks' | 'seed' | 'repeats' | 'keepLatents' | 'keepContext' | 'notify'>
    readonly local: RunnerOptions['local']
    readonly remote: Omit<RunnerOptions['remote'], 'budget'>
  }
}

/** How a benchmark's headline is made: of these subtasks (null: all), as a mean over them or over their samples. */
export interface Headline {
  readonly aggregate: Aggregate
  readonly subtasks: readonly string[] | null
}

/** What a run reports while it works. Renderers only read it. */
export type RunEvent =
  | {
      readonly type: 'begin'
      readonly runDir: string
      readonly total: number
      readonly settled: number
      /** What is settled already, and how the headline of each benchmark is made. */
      readonly before: readonly GroupScores[]
      readonly headlines: Readonly<Record<string, Headline>>
      /** How often each sample is asked; every time is an answer of its own in these counts. */
      readonly repeats?: number
      /** Labels by the reference of a model. */
      readonly labels?: ReadonlyMap<string, string>
    }
  | {readonly type: 'record'; readonly record: LogRecord}
  | {readonly type: 'runner'; readonly event: RunnerEvent}
  | {readonly type: 'arms'; readonly model: string; readonly bench: string}
  | {readonly type: 'end'}
