// Helpers shared by tests of data sets: a picture, folders of files, and streams collected into lists.
import {mkdir, mkdtemp, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import type {DataProblem, DataSet} from '../../src/benchmarks/benchmark.js'

/** A PNG of one pixel. */
export const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
)

/** Writes files by path into a new folder below `parent` and returns that folder. */
export async function folderOf(parent: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const root = await mkdtemp(join(parent, 'data-'))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), {recursive: true})
    await writeFile(join(root, name), content)
  }
  return root
}

export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of stream) list.push(item)
  return list
}

export function problemsOf(data: DataSet): Promise<DataProblem[]> {
  return collect(data.problems())
}
