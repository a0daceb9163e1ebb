// What the pages of `report` are made of, one part after the other, so that no run has to fit into memory.
import {messageOf} from '../../core/errors.js'
import {svgOf} from '../figures/index.js'
import {type Library, pageFigure} from './library.js'
import {thumbnail} from './pictures.js'
import {detailsPerFile, type PageFigure, type PageRows, type SampleDetail} from './shapes.js'

/** Columns of which every pair is compared ahead. Beyond it a page of files would have thousands of comparisons. */
const comparedColumns = 24

export interface SiteOptions {
  /** Also copies of the pictures, reduced. Data sets have licences; who publishes a page has to know them. */
  readonly pictures: boolean
  /** Puts a picture or a figure where the page finds it; returns its address. */
  place(name: string, type: string, content: string | Uint8Array): Promise<string>
  /** Takes a sentence that the user must be told. */
  tell(sentence: string): void
}

/** Yields name and value of everything that the page asks for (`pages/source.ts`). Throws as reading the runs does. */
export async function* siteData(
  library: Library,
  {pictures, place, tell}: SiteOptions,
): AsyncGenerator<readonly [name: string, value: unknown]> {
  const {index} = library
  const diagnosed = await library.diagnosis()
  await library.scanned()
  const board = library.board({live: false, pictures})
  const drawn = async ({name, ...page}: PageFigure): Promise<PageFigure> => {
    const figure = (await library.figure(name))!
    const placed = async (path: string, theme: 'light' | 'dark') =>
      place(path, 'image/svg+xml', await svgOf(figure, theme))
    return {name, ...page, light: await placed(page.light, 'light'), dark: await placed(page.dark, 'dark')}
  }
  const curves: PageFigure[][] = []
  for (const figures of board.curves) {
    const own: PageFigure[] = []
    for (const figure of figures) own.push(await drawn(figure))
    curves.push(own)
  }
  yield ['board', {...board, curves, diagnosed: 'document' in diagnosed}]
  yield ['rows', rowsOf(library)]
  const address = async (row: number, k: number, image: Parameters<typeof thumbnail>[0]) => {
    if (!pictures) return null
    const reduced = await thumbnail(image).catch(error => {
      tell(`${image.source} is left out: ${messageOf(error)}.`)
      return null
    })
    return reduced && place(`pictures/${row}-${k}.jpg`, reduced.type, reduced.bytes)
  }
  for (let from = 0, file = 0; from < index.count; from += detailsPerFile, file++) {
    const details: SampleDetail[] = []
    for (let row = from; row < Math.min(index.count, from + detailsPerFile); row++)
      details.push((await library.detail(row, {address, heat: pictures}))!)
    yield [`detail-${file}`, details]
  }
  yield ['compare', comparisonsOf(library)]
  if ('problem' in diagnosed) return yield ['diagnosis', diagnosed]
  const figures: PageFigure[] = []
  for (const figure of await library.figures()) figures.push(await drawn(pageFigure(figure)))
  yield ['diagnosis', {document: diagnosed.document, figures}]
}

function rowsOf({index}: Library): PageRows {
  const rows = Array.from({length: index.count}, (_, row) => row)
  const letter = (code: number) => (code < 0 ? '-' : String.fromCharCode(97 + code))
  return {
    ids: rows.map(row => index.id(row)),
    bench: rows.map(row => index.bench(row)),
    subtask: rows.map(row => index.subtask(row)),
    outcomes: index.columnList.map((_, column) => rows.map(row => letter(index.outcome(row, column))).join('')),
    disagree: rows.map(row => Number(index.disagrees(row) === true)).join(''),
  }
}

/** By `BASE-NEW`: every pair of columns that the page may ask for. */
function comparisonsOf(library: Library): Record<string, unknown> {
  const count = Math.min(library.index.columns, comparedColumns)
  const found: Record<string, unknown> = {}
  for (let base = 0; base < count; base++)
    for (let next = 0; next < count; next++) if (base !== next) found[`${base}-${next}`] = library.compare(base, next)
  return found
}
