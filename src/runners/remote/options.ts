// The options of the remote runner, in addition to the common ones.
import type {Budget} from '../budget.js'
import type {CommonOptions} from '../runner.js'

export interface RemoteOptions {
  /** Endpoint by model name; the key `*` is the default for all. */
  readonly baseUrls: Readonly<Record<string, string>>
  /** Name of the environment variable that holds the key. */
  readonly apiKeyEnv?: string
  readonly concurrency: number | 'auto'
  readonly timeoutMs: number
  readonly maxRetries: number
  /** Whether the reply to an identical request is read from the cache. */
  readonly cache: boolean
  /** Sent with every request, names in lower case; their values are credentials. */
  readonly headers?: Readonly<Record<string, string>>
  /** Merged into the body of every chat request. */
  readonly extraBody?: Readonly<Record<string, unknown>>
  /** USD per million tokens, for replies that do not state their cost. */
  readonly price?: {readonly input: number; readonly output: number}
  /** Ask for the latents, as `serve` gives them. The answers are then those of a local checkpoint. Default: no. */
  readonly observeLatents?: boolean
  /** As `latentBank` of local checkpoints: what observed arms feed. */
  readonly latentBank?: string
  /** Several sessions may share a budget and stay within it together. Without one there is no limit. */
  readonly budget?: Budget
}

/** The options for opening a chat client, used by the runner and by judges. */
export interface ChatOptions {
  readonly common: Pick<CommonOptions, 'env' | 'cacheDir' | 'notify'>
  readonly remote: RemoteOptions
}
