// The first sheet of an Office Open XML workbook, row by row (ECMA-376, part 1, 18.3 and 18.4): what pandas and Excel
// write as `.xlsx`. Values only: no formats, dates or formulas.
import {StringDecoder} from 'node:string_decoder'
import type {QualifiedTag, Tag} from 'sax'
import {LanternError, messageOf} from '../core/errors.js'
import {limits} from '../core/limits.js'
import {badFile} from './peer.js'
import {openZip, type Zip} from './zip.js'

export interface SheetRow {
  /** Row number as in the spreadsheet, from 1. */
  readonly number: number
  /** Text by column, from 0; empty cells are left out. */
  readonly cells: ReadonlyMap<number, string>
}

/** Every row that has cells, as a stream. Strings shared between cells are held in memory. Throws `bad-file`. */
export async function* sheetRows(path: string): AsyncGenerator<SheetRow> {
  const zip = await openZip(path)
  try {
    const {sheet, strings} = await partsOf(zip, path)
    const shared: string[] = []
    if (strings !== undefined) for await (const text of scan(zip, strings, path, sharedStrings)) shared.push(text)
    yield* scan(zip, sheet, path, emit => rows(shared, emit))
  } finally {
    zip.close()
  }
}

/** Names of the members that hold the first sheet and the shared strings (ECMA-376, part 2, 9.3: relationships). */
async function partsOf(zip: Zip, path: string): Promise<{sheet: string; strings: string | undefined}> {
  const [workbook, relationships] = ['xl/workbook.xml', 'xl/_rels/workbook.xml.rels']
  if (![workbook, relationships].every(name => zip.names.includes(name)))
    throw badFile(path, 'is not a workbook: it has no xl/workbook.xml', 'Save it as .xlsx or .tsv.')
  const elements = (emit: (tag: Attributes & {name: string}) => void): Handlers => ({
    open: (name, attributes) => emit({...attributes, name}),
  })
  let first: string | undefined
  for await (const tag of scan(zip, workbook, path, elements)) if (tag.name === 'sheet') first ??= tag['id']
  let sheet: string | undefined
  let strings: string | undefined
  for await (const {name, ...tag} of scan(zip, relationships, path, elements)) {
    if (name !== 'Relationship') continue
    const target = tag['Target'] ?? ''
    const member = target.startsWith('/') ? target.slice(1) : `xl/${target}`
    if (tag['Id'] === first) sheet = member
    if (tag['Type']?.endsWith('/sharedStrings')) strings = member
  }
  if (sheet === undefined) throw badFile(path, 'has no sheet')
  return {sheet, strings}
}

type Attributes = Readonly<Record<string, string>>

/** What to do with the elements of an XML file. Names come without their namespace. */
interface Handlers {
  open?(name: string, attributes: Attributes): void
  text?(text: string): void
  close?(name: string): void
}

/** Texts of `<si>`: its runs joined, without the phonetic ones (18.4.8). */
function sharedStrings(emit: (text: string) => void): Handlers {
  const text = new CellText()
  let reading = false
  let phonetic = false
  return {
    open(name) {
      if (name === 'rPh') phonetic = true
      else if (name === 't') reading = !phonetic
    },
    text(piece) {
      if (reading) text.add(piece)
    },
    close(name) {
      if (name === 't') reading = false
      else if (name === 'rPh') phonetic = false
      else if (name === 'si') emit(unescaped(text.take()))
    },
  }
}

/** `<row>` and `<c>`, with or without references, in each type of cell (18.18.11). */
function rows(shared: readonly string[], emit: (row: SheetRow) => void): Handlers {
  const text = new CellText()
  let number = 0
  let column = -1
  let type = 'n'
  let reading = false
  let total = 0
  let cells = new Map<number, string>()
  return {
    open(name, attributes) {
      if (name === 'row') {
        number = Number(attributes['r'] ?? number + 1)
        column = -1
        cells = new Map()
      } else if (name === 'c') {
        column = attributes['r'] === undefined ? column + 1 : columnOf(attributes['r'])
        if (column >= limits.tableColumns) throw new Error(`it has more than ${limits.tableColumns} columns`)
        type = attributes['t'] ?? 'n'
      } else if (name === 'v' || name === 't') reading = true
    },
    text(piece) {
      if (reading) text.add(piece)
    },
    close(name) {
      if (name === 'v' || name === 't') reading = false
      else if (name === 'c') {
        const value = cellText(text.take(), type, shared)
        total += value.length
        if (total > limits.sheetChars) throw new Error(`its cells hold more than ${limits.sheetChars} characters`)
        if (value !== '') cells.set(column, value)
      } else if (name === 'row' && cells.size > 0) emit({number, cells})
    },
  }
}

function cellText(raw: string, type: string, shared: readonly string[]): string {
  if (type === 's') {
    const text = shared[Number(raw)]
    if (raw === '' || text === undefined) throw new Error(`a cell refers to string ${raw}, which is not there`)
    return text
  }
  if (type === 'inlineStr' || type === 'str') return unescaped(raw)
  // `1.0` and `1` are one number. The digits of a long id are kept as they are.
  return type !== 'n' || /^-?\d*$/.test(raw) || !Number.isFinite(Number(raw)) ? raw : String(Number(raw))
}

/** 0 for `A7`, 26 for `AA7`. */
function columnOf(place: string): number {
  const letters = /^([A-Z]{1,3})\d+$/.exec(place)?.[1]
  if (letters === undefined) throw new Error(`a cell has the reference ${place.slice(0, 20)}, which is invalid`)
  return [...letters].reduce((sum, letter) => 26 * sum + letter.charCodeAt(0) - 64, 0) - 1
}

/** Characters that XML cannot hold are written as `_xHHHH_` (22.9.2.19). */
function unescaped(text: string): string {
  return text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
}

/**
 * The pieces of one cell's text. They are joined once, since a string built by appending takes a node for each piece.
 */
class CellText {
  #pieces: string[] = []
  #length = 0

  add(piece: string): void {
    this.#length += piece.length
    if (this.#length > limits.sheetCellChars)
      throw new Error(`a cell holds more than ${limits.sheetCellChars} characters`)
    this.#pieces.push(piece)
  }

  take(): string {
    const text = this.#pieces.join('')
    this.#pieces = []
    this.#length = 0
    return text
  }
}

/** Runs handlers over a member and yields what they emit. Throws `bad-file` naming the member. */
async function* scan<T>(
  zip: Zip,
  member: string,
  path: string,
  handlersOf: (emit: (item: T) => void) => Handlers,
): AsyncGenerator<T> {
  const {default: sax} = await import('sax')
  let found: T[] = []
  const handlers = handlersOf(item => found.push(item))
  const parser = sax.parser(true, {position: false})
  let depth = 0
  let elements = 0
  let attributes = 0
  const local = (name: string) => name.slice(name.indexOf(':') + 1)
  parser.onerror = error => {
    throw error
  }
  // Such files never declare their own entities; nested entities could expand without end.
  parser.ondoctype = () => {
    throw new Error('it declares a document type')
  }
  parser.onattribute = () => {
    if (++attributes > limits.xmlAttributes) throw new Error('an element has too many attributes')
  }
  parser.onopentag = (tag: Tag | QualifiedTag) => {
    attributes = 0
    if (++elements > limits.xmlElements) throw new Error(`it has more than ${limits.xmlElements} elements`)
    if (++depth > limits.xmlDepth) throw new Error(`it is nested more than ${limits.xmlDepth} levels deep`)
    const values = Object.entries(tag.attributes).map(([name, value]) => [local(name), String(value)])
    handlers.open?.(local(tag.name), Object.fromEntries(values))
  }
  parser.ontext = parser.oncdata = text => handlers.text?.(text)
  parser.onclosetag = name => {
    depth--
    handlers.close?.(local(name))
  }
  const decoder = new StringDecoder('utf8')
  try {
    for await (const piece of zip.pieces(member)) {
      parser.write(decoder.write(piece))
      yield* found
      found = []
    }
    parser.write(decoder.end()).close()
  } catch (error) {
    if (error instanceof LanternError) throw error
    throw badFile(`${path}, member ${member},`, `cannot be read: ${messageOf(error).split('\n')[0]}`)
  }
  yield* found
}
