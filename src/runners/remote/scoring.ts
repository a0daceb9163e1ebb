// Option likelihood at endpoints that return the log-probabilities of a prompt (vLLM does). An option is sent as the
// beginning of the answer.
// Whether an endpoint can do this is found out with the first option of a run.
import type {Decoding, SeenImage} from '../../core/generation.js'
import type {RunnerEvent} from '../runner.js'
import type {ChatMessage} from './body.js'
import type {ChatClient, ChatOutcome} from './client.js'

/** The text after an option is not used, but a request has to ask for at least one token. */
const decoding: Decoding = {maxNewTokens: 1, temperature: 0, seed: 0}

export class OptionScorer {
  readonly #client: ChatClient
  readonly #ref: string
  readonly #notify: (event: RunnerEvent) => void
  /** Whether the endpoint returns log-probabilities; undefined before the first option was sent. */
  #available: Promise<boolean> | undefined

  constructor(client: ChatClient, ref: string, notify: (event: RunnerEvent) => void) {
    this.#client = client
    this.#ref = ref
    this.#notify = notify
  }

  /**
   * [continuation][token] after the prompt of `messages`; undefined if one of them is not available. Each costs a
   * request.
   */
  async score(
    prompt: {readonly messages: readonly ChatMessage[]; readonly images: readonly SeenImage[]},
    continuations: readonly string[],
    signal: AbortSignal,
  ): Promise<(readonly number[])[] | undefined> {
    const ask = (continuation: string) => this.#client.complete({...prompt, decoding, continuation}, signal)
    const [first, ...others] = continuations
    if (first === undefined) return undefined
    const probe = this.#available === undefined ? ask(first) : undefined
    this.#available ??= probe!.then(outcome => this.#learn(outcome))
    if (!(await this.#available)) return undefined
    const scores = (await Promise.all([probe ?? ask(first), ...others.map(ask)])).map(logProbsIn)
    return scores.every(logProbs => logProbs !== undefined) ? scores : undefined
  }

  #learn(outcome: ChatOutcome): boolean {
    const available = logProbsIn(outcome) !== undefined
    if (!available && outcome.kind !== 'left-out') {
      const why = outcome.kind === 'failure' ? outcome.message : 'its reply has no log-probabilities of the option'
      this.#notify({
        type: 'warning',
        message: `Option likelihood is not available for ${this.#ref}: ${why}. Samples that are scored by it are errors.`,
      })
    }
    return available
  }
}

function logProbsIn(outcome: ChatOutcome): readonly number[] | undefined {
  return outcome.kind === 'reply' ? outcome.reply.logProbs : undefined
}
