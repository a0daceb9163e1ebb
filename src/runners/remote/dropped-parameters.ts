// Remembers what an endpoint refuses to be told: the name of its token limit, and parameters that are left out.
import type {TokenParameter} from './body.js'
import type {Failure} from './failure.js'
import {type Parameter, refusedParameter} from './refused-parameter.js'

/** A request may have been sent before another one learned the same: then only the body is made anew. */
export interface LeftOut {
  readonly name: string
  /** False where only the name of the parameter changes, or where it was left out already. */
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

  /** What is left out from now on, in the order in which it was refused. */
  get names(): readonly string[] {
    return [...this.#dropped]
  }

  /** For a body. */
  get settings(): {readonly tokenParameter: TokenParameter; readonly without: ReadonlySet<string>} {
    return {tokenParameter: this.#tokenParameter, without: new Set<string>(this.#dropped)}
  }

  /** Takes out what a failure says of a body that held `sent`; undefined where it says nothing of a parameter. */
  leaveOut({said, status}: Failure, sent: readonly string[]): LeftOut | undefined {
    if (said === undefined || status === undefined) return undefined
    const ours = sent.filter(name => !this.#own.has(name)) as Parameter[]
    const name = refusedParameter(said, status, ours)
    if (name === undefined) return undefined
    // OpenAI's newer models want the one name, most other servers the other.
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
