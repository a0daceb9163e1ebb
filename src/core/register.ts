// A register: named parts of one kind, first the built-in ones, then those that plug-ins add. The folder that owns the
// register defines the parts.
import {closest} from './closest.js'
import {LanternError} from './errors.js'

/** The fields of a definition that a register uses. */
export interface Named<T> {
  readonly name: string
  readonly part: T
}

export class Register<T> {
  readonly #noun: string
  readonly #parts = new Map<string, T>()

  /** `noun` names a part in messages, e.g. "extractor". */
  constructor(noun: string, builtIn: readonly Named<T>[] = []) {
    this.#noun = noun
    for (const definition of builtIn) this.add(definition)
  }

  /**
   * Names in the order in which they were added. Plug-ins may add names at any time, so callers should not keep the
   * list.
   */
  names(): readonly string[] {
    return [...this.#parts.keys()]
  }

  /** All parts, in the order in which they were added. */
  parts(): readonly T[] {
    return [...this.#parts.values()]
  }

  has(name: string): boolean {
    return this.#parts.has(name)
  }

  /** Throws `bad-config` if the name is taken. */
  add({name, part}: Named<T>): void {
    if (this.#parts.has(name))
      throw new LanternError(
        'bad-config',
        `There is ${/^[aeiou]/.test(this.#noun) ? 'an' : 'a'} ${this.#noun} "${name}" already.`,
        `Give yours another name than ${this.names().join(', ')}.`,
      )
    this.#parts.set(name, part)
  }

  /** Throws `usage` for an unknown name, with the nearest one. */
  get(name: string): T {
    const part = this.#parts.get(name)
    if (part !== undefined) return part
    const near = closest(name, this.#parts.keys())
    throw new LanternError(
      'usage',
      `There is no ${this.#noun} "${name}".`,
      `${near === undefined ? '' : `Did you mean ${near}? `}Choose one of: ${this.names().join(', ')}.`,
    )
  }
}
