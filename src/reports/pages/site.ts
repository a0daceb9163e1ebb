// Writes the pages as files that work from a folder as from a web server. Browsers fetch nothing under file://, so the
// data are scripts: each calls `lanternData(NAME, VALUE)`.
import {mkdtemp, rename, rm} from 'node:fs/promises'
import {basename, dirname, join, resolve} from 'node:path'
import {LanternError, messageOf} from '../../core/errors.js'
import {makeFolder} from '../../core/folders.js'
import {writeWhole} from '../../core/part-file.js'
import {svgOf} from '../figures/index.js'
import type {Library} from './library.js'
import {thumbnail} from './pictures.js'
import {detailsPerFile, type PageFigure, type PageRows} from './shapes.js'
import {pageHtml, shellFile, shellFiles} from './shell.js'

/** Columns of which every pair is compared ahead. Beyond it a page of files would have thousands of comparisons. */
const comparedColumns = 24

export interface SiteOptions {
  /** Also copies of the pictures, reduced. Data sets have licences; who publishes a page has to know them. */
  readonly pictures: boolean
}

/**
 * Writes index.html and what it needs into a folder. Files of an earlier site there are replaced. Throws `disk`, and
 * what reading the runs throws. Returns what the user must be told.
 */
export async function writeSite(library: Library, dir: string, {pictures}: SiteOptions): Promise<string[]> {
  const told: string[] = []
  const write = async (name: string, content: string | Uint8Array) => {
    try {
      await makeFolder(dirname(join(dir, name)), 'Give another --out.')
      await writeWhole(join(dir, name), content)
    } catch (error) {
      if (error instanceof LanternError) throw error
      throw new LanternError(
        'disk',
        `${join(dir, name)} cannot be written: ${messageOf(error)}.`,
        'Give another --out.',
      )
    }
  }
  const data = (name: string, value: unknown) => write(`data/${name}.js`, `lanternData(${json(name)},${json(value)})\n`)
  await removeData(dir)
  for (const name of shellFiles) await write(name, await shellFile(name))
  const {index} = library
  const document = await library.diagnosis()
  await library.scanned()
  await data('board', {...library.board({live: false, pictures}), diagnosed: document !== null})
  await data('rows', rowsOf(library))
  for (let from = 0, file = 0; from < index.count; from += detailsPerFile, file++) {
    const details: unknown[] = []
    for (let row = from; row < Math.min(index.count, from + detailsPerFile); row++) {
      const address = async (row: number, k: number, image: Parameters<typeof thumbnail>[0]) => {
        if (!pictures) return null
        const name = `pictures/${row}-${k}.jpg`
        try {
          await write(name, (await thumbnail(image)).bytes)
          return name
        } catch (error) {
          told.push(`${image.source} is left out: ${messageOf(error)}.`)
          return null
        }
      }
      details.push(await library.detail(row, {address, heat: pictures}))
    }
    await data(`detail-${file}`, details)
  }
  await data('compare', comparisonsOf(library))
  if (document !== null) {
    const figures: PageFigure[] = []
    for (const figure of await library.figures()) {
      const {name, title, description} = figure
      const [light, dark] = [`figures/${name}-light.svg`, `figures/${name}-dark.svg`]
      await write(light, await svgOf(figure, 'light'))
      await write(dark, await svgOf(figure, 'dark'))
      figures.push({name, title, description, light, dark})
    }
    await data('diagnosis', {document, figures})
  }
  // Written last: with it, the folder is a site.
  await write('index.html', pageHtml('files'))
  return told
}

/** Removes the data of an earlier site, and nothing else in the folder. */
async function removeData(dir: string): Promise<void> {
  for (const name of ['data', 'figures', 'pictures']) {
    const path = resolve(dir, name)
    // Only a folder beside a page of ours.
    if (!(await isSite(dir))) return
    const aside = await mkdtemp(join(dir, `.${basename(path)}-`))
    await rename(path, join(aside, name)).catch(() => undefined)
    await rm(aside, {recursive: true, force: true})
  }
}

async function isSite(dir: string): Promise<boolean> {
  const {readFile} = await import('node:fs/promises')
  return readFile(join(dir, 'index.html'), 'utf8').then(
    text => text === pageHtml('files'),
    () => false,
  )
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

/** JSON that is also JavaScript in any file, whatever the texts hold. */
function json(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029')
}
