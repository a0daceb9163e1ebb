// Writes the pages of `report`: as a folder that works from disk as from a web server, or as one file. Browsers fetch
// nothing under file://, so the data of a folder are scripts: each calls `lanternData(NAME, VALUE)`.
import {mkdtemp, readFile, rename, rm} from 'node:fs/promises'
import {basename, dirname, join, resolve} from 'node:path'
import {LanternError, messageOf, systemCodeOf} from '../../core/errors.js'
import {makeFolder} from '../../core/folders.js'
import {writeWhole} from '../../core/part-file.js'
import type {Library} from './library.js'
import {dataAddress, inertJson, pageHtml, shellFile, shellFiles, siteMark, wholePage} from './shell.js'
import {siteData} from './site-data.js'

/**
 * Writes index.html and what it needs into a folder. Files of an earlier site there are replaced. Throws `disk`,
 * `usage` where the folder holds another page, and what reading the runs throws. Returns what the user must be told.
 */
export async function writeSite(library: Library, dir: string, {pictures}: {pictures: boolean}): Promise<string[]> {
  const told: string[] = []
  const write = (name: string, content: string | Uint8Array) => writeTo(join(dir, name), content)
  await removeData(dir)
  for (const name of shellFiles) await write(name, await shellFile(name))
  const place = async (name: string, _type: string, content: string | Uint8Array) => {
    await write(name, content)
    return name
  }
  for await (const [name, value] of siteData(library, {pictures, place, tell: sentence => told.push(sentence)}))
    await write(`data/${name}.js`, `lanternData(${inertJson(name)},${inertJson(value)})\n`)
  // Written last: with it, the folder is a site.
  await write('index.html', pageHtml('files'))
  return told
}

/** Writes the same as one file, without pictures. Throws as `writeSite`. Returns what the user must be told. */
export async function writePage(library: Library, path: string): Promise<string[]> {
  const told: string[] = []
  const place = async (_name: string, type: string, content: string | Uint8Array) => dataAddress(type, content)
  await writeTo(path, wholePage(siteData(library, {pictures: false, place, tell: sentence => told.push(sentence)})))
  return told
}

async function writeTo(path: string, content: string | Uint8Array | AsyncIterable<string>): Promise<void> {
  try {
    await makeFolder(dirname(path), 'Give another place to write to.')
    await writeWhole(path, content)
  } catch (error) {
    if (error instanceof LanternError) throw error
    throw new LanternError('disk', `${path} cannot be written: ${messageOf(error)}.`, 'Give another place to write to.')
  }
}

/** Removes the data of an earlier site, and nothing else in the folder. Throws `usage` where a page of others is. */
async function removeData(dir: string): Promise<void> {
  if (!(await isSite(dir))) return
  for (const name of ['data', 'figures', 'pictures']) {
    const path = resolve(dir, name)
    const aside = await mkdtemp(join(dir, `.${basename(path)}-`))
    await rename(path, join(aside, name)).catch(() => undefined)
    await rm(aside, {recursive: true, force: true})
  }
}

/** Whether a folder holds a site, of whatever version. */
async function isSite(dir: string): Promise<boolean> {
  const page = join(dir, 'index.html')
  const text = await readFile(page, 'utf8').catch(error => {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return null
    throw new LanternError('disk', `${page} cannot be read: ${messageOf(error)}.`, 'Give another place to write to.')
  })
  if (text === null) return false
  if (!text.includes(siteMark))
    throw new LanternError('usage', `${page} is no page of ours, and would be lost.`, 'Give --out another folder.')
  return true
}
