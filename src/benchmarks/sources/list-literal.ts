// Lists and mappings that a text holds, as JSON or as Python and numpy print them. Pure.
import {jsonOrNothing} from '../../core/json.js'

/**
 * The value of a text that is a list, tuple or mapping in JSON or in Python's notation (`['a', 'b']`, `{'A': 'x'}`),
 * numpy's too (`['a' 'b']`, line feeds between items); undefined for any other text.
 */
export function literalIn(text: string): unknown[] | object | undefined {
  const trimmed = text.trim()
  if (!/^[[{(]/.test(trimmed) || !/[\]})]$/.test(trimmed)) return undefined
  const value = jsonOrNothing(trimmed)
  if (value !== undefined) return value as unknown[] | object
  // Not JSON: perhaps Python.
  const reader = new Reader(trimmed)
  try {
    const value = reader.value()
    return reader.atEnd() ? (value as unknown[] | object) : undefined
  } catch (error) {
    if (error instanceof NoLiteral) return undefined
    throw error
  }
}

class NoLiteral extends Error {}

/** Nested lists of a cell; deeper ones are no options. */
const deepest = 20

const words: Readonly<Record<string, unknown>> = {
  None: null,
  null: null,
  nan: null,
  True: true,
  true: true,
  False: false,
  false: false,
}
const escapes: Readonly<Record<string, string>> = {n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '\n': ''}

class Reader {
  #at = 0
  #depth = 0
  constructor(private readonly text: string) {}

  atEnd(): boolean {
    this.#blanks()
    return this.#at === this.text.length
  }

  value(): unknown {
    this.#blanks()
    const sign = this.text[this.#at]
    if (sign === '[' || sign === '(') return this.#nested(() => this.#list(sign === '[' ? ']' : ')'))
    if (sign === '{') return this.#nested(() => this.#mapping())
    const prefix = /^[urbf]{0,2}(?=['"])/i.exec(this.text.slice(this.#at, this.#at + 3))?.[0]
    if (prefix !== undefined) {
      this.#at += prefix.length
      return this.#string()
    }
    const bare = /^[-+\w.]+/.exec(this.text.slice(this.#at, this.#at + 40))?.[0] ?? ''
    if (bare !== '' && Object.hasOwn(words, bare)) return this.#taken(bare, words[bare])
    if (/^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(bare)) return this.#taken(bare, Number(bare))
    throw new NoLiteral()
  }

  #taken<T>(text: string, value: T): T {
    this.#at += text.length
    return value
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > deepest) throw new NoLiteral()
    this.#at++
    const value = read()
    this.#depth--
    return value
  }

  /** numpy writes no commas, so they may be left out. */
  #list(close: string): unknown[] {
    const items: unknown[] = []
    for (;;) {
      this.#blanks()
      if (this.text[this.#at] === close) return this.#taken(close, items)
      items.push(this.value())
      this.#blanks()
      if (this.text[this.#at] === ',') this.#at++
    }
  }

  #mapping(): Record<string, unknown> {
    const entries: [string, unknown][] = []
    for (;;) {
      this.#blanks()
      if (this.text[this.#at] === '}') return this.#taken('}', Object.fromEntries(entries))
      const key = String(this.value())
      this.#blanks()
      if (this.text[this.#at] !== ':') throw new NoLiteral()
      this.#at++
      entries.push([key, this.value()])
      this.#blanks()
      if (this.text[this.#at] === ',') this.#at++
    }
  }

  #string(): string {
    const quote = this.text[this.#at]
    let said = ''
    for (this.#at++; this.#at < this.text.length; this.#at++) {
      const sign = this.text[this.#at]!
      if (sign === quote) return this.#taken(sign, said)
      if (sign !== '\\') {
        said += sign
        continue
      }
      const code = /^\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))/i.exec(this.text.slice(this.#at, this.#at + 10))
      const point = Number.parseInt(code?.[1] ?? code?.[2] ?? code?.[3] ?? '', 16)
      if (code !== null && point <= 0x10ffff) {
        said += String.fromCodePoint(point)
        this.#at += code[0].length - 1
        continue
      }
      const next = this.text[++this.#at] ?? ''
      said += escapes[next] ?? (/['"\\]/.test(next) ? next : `\\${next}`)
    }
    throw new NoLiteral()
  }

  #blanks(): void {
    while (/\s/.test(this.text[this.#at] ?? '')) this.#at++
  }
}
