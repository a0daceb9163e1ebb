// Remembers what an endpoint does not accept: the name of its token limit, and parameters that are left out.
import type {TokenParameter} from './body.js'
import type {Failure} from './failure.js'
import {type Parameter, refusedParameter} from './refused-parameter.js'

/** Another request may have learned the same while this one was in flight. Then only the body has to be rebuilt. */
export interface LeftOut {
  readonly name: string
  /** False if only the parameter's name changes, or if it was already left out. */
  readonly told: boolean
}

export class DroppedParameters {
  readonly #own: ReadonlySet<string>
  readonly #dropped = new Set<Parameter>()
  #tokenParameter: TokenParameter = 'max_tokens'

  /** `own`: keys that the user adds to every body; they are never left out. */
  constructor(own: readonly string[]) {
    this.#own = new Set(own)
  }

  /** The parameters that are left out from now on, in the order in which they were refused. */
  get names(): readonly string[] {
    return [...this.#dropped]
  }

  /** For a body. */
  get settings(): {readonly tokenParameter: TokenParameter; readonly without: ReadonlySet<string>} {
    return {tokenParameter: this.#tokenParameter, without: new Set<string>(this.#dropped)}
  }

  /**
   * Drops the parameter that a failure names as refused from a body that held `sent`; undefined if the failure names
   * none.
   */
  leaveOut({said, status}: Failure, sent: readonly string[]): LeftOut | undefined {
    if (said === undefined || status === undefined) return undefined
    const ours = sent.filter(name => !this.#own.has(name)) as Parameter[]
    const name = refusedParameter(said, status, ours)
    if (name === undefined) return undefined
    // OpenAI's newer models require one name, most other servers the other.
    if (name === 'max_tokens' && !this.#dropped.has('max_tokens')) {
      this.#tokenParameter = 'max_completion_tokens'
      return {name, told: false}
    }
    const dropped = name === 'max_completion_tokens' ? 'max_tokens' : name
    const known = this.#dropped.has(dropped)
    this.#dropped.add(dropped)
    return {name: dropped, told: !known}
  }
}
