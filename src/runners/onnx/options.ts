// The options of the local runner, in addition to the common ones.
import type {CommonOptions} from '../runner.js'
import type {PictureFetch} from '../smart-resize.js'

/** Rows decoded together: on a CPU four cost little more than one (design/checkpoints.md, "Numbers"). */
export const defaultBatchSize = 4

export interface LocalOptions {
  /** `cpu`, `cuda` or `cuda:n`. */
  readonly device: string
  /** The default is fp32 on the CPU, fp16 elsewhere. */
  readonly precision?: 'fp32' | 'fp16' | 'q8' | 'q4'
  /**
   * fp32 weights on the CPU: pages of their files, or copied into the kernels' own layout (faster, 1.8 times the memory
   * while loading).
   */
  readonly weights?: 'mapped' | 'packed'
  /** Whether latents are rounded where they are fed. Default: they are fed as they are computed. */
  readonly latentDtype?: 'fp32' | 'bf16'
  /** The resize before the checkpoint's own. Default: the architecture's official one. */
  readonly pictureFetch?: PictureFetch
  readonly threads?: number
  /** LoRA adapter for the checkpoint: a folder, or a repository of the hub (`hub:owner/name[@revision]`). */
  readonly adapter?: string
  readonly batchSize?: number
  /** Rows of a batch go on while requests are awaited, as a server needs it (engine.ts). */
  readonly joins?: boolean
  /** Run folder whose saved latents feed the interventions that need a bank (mean, swap, matched-noise). */
  readonly latentBank?: string
}

/** What a session of the local runner is opened with. */
export interface OnnxOptions {
  readonly common: CommonOptions
  readonly local: LocalOptions
}
