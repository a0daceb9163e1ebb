// What the remote runner can be told beside the common options.
import type {Budget} from '../budget.js'
import type {CommonOptions} from '../runner.js'

export interface RemoteOptions {
  /** Endpoint by model name; the key `*` is the default for all. */
  readonly baseUrls: Readonly<Record<string, string>>
  /** Variable that holds the key. */
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
  /** USD per million tokens, where replies do not say what they cost. */
  readonly price?: {readonly input: number; readonly output: number}
  /** May be shared by sessions, which then stay within it together; without one there is no limit. */
  readonly budget?: Budget
}

/** What a chat with an endpoint is opened with, by the runner and by judges. */
export interface ChatOptions {
  readonly common: Pick<CommonOptions, 'env' | 'cacheDir' | 'notify'>
  readonly remote: RemoteOptions
}
