// The pictures of a cell: paths, base64, data URIs, bytes, {bytes, path}, and lists of these, however they are written.
import {LanternError, messageOf} from '../../core/errors.js'
import type {ImageRef, Orientation} from '../../core/sample.js'
import {imageFile} from './files.js'
import {literalIn} from './list-literal.js'
import {isLongCell, type LongCell} from './long-cell.js'
import type {TableRow} from './table-rows.js'

export interface PicturePlaces {
  /** Folder where relative paths start and stay. */
  readonly folder: string
  /** Folder for absolute paths, paths that leave `folder`, and missing ones (`--image-root`). */
  readonly imageRoot?: string | undefined
}

/** The cell of a picture, and how messages name it. */
interface Place extends PicturePlaces {
  readonly where: string
  readonly cell: string
}

/**
 * The pictures of the cell in `column`, in their order; none when the cell is empty. Nothing is read: a missing or
 * broken picture throws when its bytes are asked for. `source` names file, row and column, or the path.
 * Throws LanternError `bad-file`, naming file, row and column, for a cell that is none of the forms.
 */
export function pictureRefs(row: TableRow, column: string, places: PicturePlaces): ImageRef[] {
  const value = listed(row.values[column])
  if (isEmpty(value)) return []
  const at = (cell: string): Place => ({...places, where: row.where, cell})
  if (!Array.isArray(value)) return [pictureOf(value, at(column))]
  return value.map((item, index) => pictureOf(listed(item), at(value.length === 1 ? column : `${column}/${index + 1}`)))
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true
  if (typeof value === 'string') return value.trim() === ''
  if (typeof value !== 'object' || !('bytes' in value && 'path' in value)) return false
  return value.bytes === null && value.path === null
}

/** The list or object that a text holds; any other value as it is. */
function listed(value: unknown): unknown {
  return typeof value === 'string' ? (literalIn(value) ?? value) : value
}

function pictureOf(value: unknown, place: Place): ImageRef {
  if (isEmpty(value)) throw notOne(place, 'is empty')
  if (value instanceof Uint8Array) return stored(place, 'apply', async () => value)
  if (typeof value === 'string') return textPicture(value, place)
  if (isLongCell(value))
    return value.kind === 'bytes' ? stored(place, 'apply', () => value.bytes()) : longPicture(value, place)
  if (typeof value !== 'object' || Array.isArray(value)) throw notOne(place, `is ${describe(value)}`)
  const {bytes = null, path = null} = value as {bytes?: unknown; path?: unknown}
  if (bytes !== null) return pictureOf(bytes, place)
  if (typeof path === 'string' && path !== '') return filePicture(path, place, 'apply')
  throw notOne(
    place,
    `is an object with ${Object.keys(value as object).join(', ') || 'nothing'}, and neither bytes nor path`,
  )
}

function describe(value: unknown): string {
  return Array.isArray(value) ? 'a list within a list' : `the ${typeof value} ${String(value)}`
}

function notOne({where, cell}: Place, what: string): LanternError {
  return new LanternError(
    'bad-file',
    `${where}: "${cell}" ${what}, and no picture.`,
    'A picture is a path, base64, a data URI, bytes, {bytes, path}, or a list of these.',
  )
}

// --- forms ----------------------------------------------------------------------------------------------------------

/** Longer texts are not paths on any system. */
const longestPath = 4096

function textPicture(value: string, place: Place): ImageRef {
  const text = value.trim()
  const uri = dataUri(text)
  if (uri !== undefined) {
    if (uri === null) throw notOne(place, 'is a data URI without base64')
    return base64Picture(place, async () => text.slice(uri))
  }
  if (isBase64Picture(text)) return base64Picture(place, async () => text)
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text))
    throw notOne(place, `is the address ${text.slice(0, 80)}: pictures are not fetched, only read`)
  if (text.length > longestPath || /[\n\r\0]/.test(text))
    throw notOne(place, `is neither a path nor base64 (${JSON.stringify(text.slice(0, 40))}...)`)
  return filePicture(text, place, 'ignore')
}

function longPicture(cell: LongCell, place: Place): ImageRef {
  const uri = dataUri(cell.start.trimStart())
  if (uri === null) throw notOne(place, 'is a data URI without base64')
  const skipped = uri === undefined ? 0 : uri + cell.start.length - cell.start.trimStart().length
  if (!/^[\w+/=\s-]*$/.test(cell.start.slice(skipped)))
    throw notOne(place, `is neither base64 nor a list of it (${JSON.stringify(cell.start.slice(0, 40))}...)`)
  const textOf = async (read: Promise<Uint8Array>) => {
    const {buffer, byteOffset, length} = await read
    // A view, not a copy.
    return Buffer.from(buffer, byteOffset, length).toString('latin1').slice(skipped)
  }
  return base64Picture(
    place,
    () => textOf(cell.bytes()),
    // Four characters of base64 are three bytes; a line of 76 characters has two for its end.
    length => textOf(cell.head(skipped + Math.ceil((length / 3) * 4 * (78 / 76)) + 4)),
  )
}

/** Where the base64 of a data URI begins; null for another encoding, undefined for another text. */
function dataUri(text: string): number | null | undefined {
  if (!/^data:/i.test(text)) return undefined
  return /^data:[^,]*;base64,/i.exec(text)?.[0].length ?? null
}

/** How the base64 of PNG, JPEG, GIF, WebP, BMP, TIFF, AVIF and HEIC begins. */
const base64Starts = /^(?:iVBORw0KGg|[/_]9j[/_]|R0lGOD|UklGR|Qk[0-9A-Za-z]|SUkqA|TU0AK|AAAA[0-9A-Za-z+/_-]{4}Z0eX)/

/** Whether a text is base64 of a picture, not a path: `/9j/4AAQ...` would be both. */
function isBase64Picture(text: string): boolean {
  if (!/^[\w+/\s-]+=*\s*$/.test(text)) return false
  return (text.length >= 32 && base64Starts.test(text)) || text.length > longestPath
}

function base64Picture(
  place: Place,
  text: () => Promise<string>,
  head?: (length: number) => Promise<string>,
): ImageRef {
  const decoded = async (from: Promise<string>) => {
    const bytes = Buffer.from(await from, 'base64')
    if (bytes.length === 0) throw notOne(place, 'is not base64')
    return bytes
  }
  return {
    ...stored(place, 'ignore', () => decoded(text())),
    head: async length => (await decoded(head ? head(length) : text())).subarray(0, length),
  }
}

function stored({where, cell}: Place, orientation: Orientation, bytes: () => Promise<Uint8Array>): ImageRef {
  return {source: `${where}/${cell}`, orientation, bytes}
}

function filePicture(path: string, {folder, imageRoot, where}: Place, orientation: Orientation): ImageRef {
  const file = imageFile(folder, path, imageRoot)
  const named = async (bytes: Promise<Uint8Array>) => {
    try {
      return await bytes
    } catch (error) {
      if (!(error instanceof LanternError)) throw error
      throw new LanternError(error.code, `${where}: ${messageOf(error)}`, error.suggestion)
    }
  }
  return {...file, orientation, bytes: () => named(file.bytes()), head: length => named(file.head!(length))}
}
