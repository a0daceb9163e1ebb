// A command line up to the cursor, split into words as a shell does it. Pure.

export interface Line {
  /** The finished words after the name of the program, without their quotes. */
  readonly words: readonly string[]
  /** The word at the cursor, without its quotes; empty after a blank. */
  readonly word: string
  /** The quote that is open at the cursor; empty if there is none. */
  readonly quote: '' | "'" | '"'
}

/** Splits at blanks, outside quotes. Variables and patterns stay as they are written. */
export function lineOf(text: string): Line {
  const words: string[] = []
  let word: string | null = null
  let quote: Line['quote'] = ''
  for (let i = 0; i < text.length; i++) {
    const sign = text[i]!
    if (quote !== '') {
      if (sign === quote) quote = ''
      else if (sign === '\\' && quote === '"' && /["\\$`]/.test(text[i + 1] ?? '')) word += text[++i]!
      else word += sign
    } else if (/\s/.test(sign)) {
      if (word !== null) words.push(word)
      word = null
    } else {
      word ??= ''
      if (sign === "'" || sign === '"') quote = sign
      else if (sign === '\\') word += text[++i] ?? ''
      else word += sign
    }
  }
  // Variables may be set before the program: `NO_COLOR=1 lantern-eval run`.
  const program = words.findIndex(one => !/^[A-Za-z_]\w*=/.test(one))
  return {words: program === -1 ? [] : words.slice(program + 1), word: word ?? '', quote}
}
