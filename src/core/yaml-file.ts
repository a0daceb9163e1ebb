// Reads a user's YAML file and keeps the position of each key, so that errors can name the line.
import {LanternError, messageOf} from './errors.js'
import {limits} from './limits.js'

export interface YamlFile {
  readonly content: unknown
  /** `file:line:column` of the key at a path. If the path does not exist, that of the last existing key on it. */
  placeOf(path: readonly PropertyKey[]): string
}

/** The fields of a parsed node that are used here. */
interface Node {
  readonly items?: readonly {
    readonly key?: {readonly value?: unknown; readonly range?: readonly [number, number, number] | null} | null
    readonly value?: Node | null
  }[]
}

/** Characters of the parser's message that are shown. */
const longestQuote = 200

/** Throws LanternError `bad-config` with file, line and column for a text that is no YAML or too long. */
export async function parseYaml(file: string, text: string): Promise<YamlFile> {
  if (text.length > limits.yamlChars)
    throw new LanternError(
      'bad-config',
      `${file} has ${text.length} characters; at most ${limits.yamlChars} are read.`,
      'Keep only the settings in it.',
    )
  if (isDeep(text))
    throw new LanternError(
      'bad-config',
      `${file} is nested more than ${limits.yamlDepth} levels deep.`,
      'Write it as guide/recipes.md shows.',
    )
  const {LineCounter, parseDocument} = await import('yaml')
  const lines = new LineCounter()
  const document = parseDocument(text, {lineCounter: lines})
  const at = (offset: number) => {
    const {line, col} = lines.linePos(offset)
    return `${file}:${line}:${col}`
  }
  const broken = document.errors[0]
  if (broken) {
    const first = broken.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '')
    // The parser quotes what it found, however long that is.
    const said = first.slice(0, longestQuote)
    throw new LanternError('bad-config', `${at(broken.pos[0])}: not valid YAML: ${said}.`, 'Correct that line.')
  }
  let content: unknown
  try {
    content = document.toJS()
  } catch (error) {
    throw new LanternError('bad-config', `${at(0)}: not usable: ${messageOf(error)}.`, 'Write values in full.')
  }
  const placeOf = (path: readonly PropertyKey[]) => {
    let node = document.contents as Node | null | undefined
    let place = 0
    for (const name of path) {
      const item = node?.items?.find(({key}) => String(key?.value) === String(name))
      if (!item?.key?.range) break
      place = item.key.range[0]
      node = item.value
    }
    return at(place)
  }
  return {content, placeOf}
}

/**
 * Whether brackets or indents are nested too deeply, counted without regard to quotes and comments. A block in a block
 * stands further right (YAML 1.2.2, 8.2), also behind the `-`, `?` or `:` of the outer one on the same line.
 */
function isDeep(text: string): boolean {
  let brackets = 0
  const columns: number[] = []
  for (const line of text.split(/\r\n?|\n/)) {
    for (let column = 0; column < line.length; column++) {
      if (line[column] === ' ') continue
      while (columns.length > 0 && columns.at(-1)! >= column) columns.pop()
      if (columns.push(column) > limits.yamlDepth) return true
      if (!/^[-?:][ \t]/.test(line.slice(column, column + 2))) break
    }
    for (const sign of line) {
      if (sign === '[' || sign === '{') brackets++
      else if ((sign === ']' || sign === '}') && brackets > 0) brackets--
      if (brackets > limits.yamlDepth) return true
    }
  }
  return false
}
