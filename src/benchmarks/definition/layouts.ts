// Which form of its data a definition finds at a place: that of the whole file first, then its `layouts`.
import {stat} from 'node:fs/promises'
import {basename, dirname, extname, resolve} from 'node:path'
import {LanternError} from '../../core/errors.js'
import {dataFiles, dataPaths, hasData, pattern} from './files.js'
import type {OpenDefinition} from './open.js'
import type {DefinitionFile} from './schema.js'

export interface FoundLayout {
  /** Null for the form of the whole file. */
  readonly name: string | null
  /** The definition with what the layout says instead. */
  readonly definition: OpenDefinition
  readonly files: readonly string[]
}

/**
 * The layout of a folder, or of the file that is given instead of one: by the names of files, else by the format.
 * Throws `data-absent` naming what would be found.
 */
export async function layoutAt(place: string, definition: OpenDefinition, split: string): Promise<FoundLayout> {
  const all = layoutsOf(definition)
  const pathsOf = ({definition: {file}}: Pick<FoundLayout, 'definition'>) => dataPaths(file, split)
  const isFolder = await stat(place).then(
    info => info.isDirectory(),
    () => true,
  )
  if (!isFolder) {
    const named = (path: string) => pattern(basename(path)).test(basename(place))
    const found =
      all.find(layout => pathsOf(layout).some(named)) ??
      all.find(layout => pathsOf(layout).some(path => extname(path) === extname(place)))
    return {...(found ?? all[0]!), files: [place]}
  }
  const {id, source} = definition.file
  for (const layout of all)
    if (pathsOf(layout).length > 0 && (await hasData(place, pathsOf(layout))))
      return {...layout, files: await dataFiles(place, pathsOf(layout), id)}
  if (all.length === 1) return {...all[0]!, files: await dataFiles(place, pathsOf(all[0]!), id)}
  const wanted = all.map(layout => pathsOf(layout).join(' and ')).filter(text => text !== '')
  throw new LanternError(
    'data-absent',
    `${resolve(place)} holds no data of ${id}, split "${split}".`,
    `Give a folder with ${wanted.join(', or ')}${source === undefined ? '' : `; or run \`lantern-eval bench pull ${definition.path ?? id}\``}.`,
  )
}

function layoutsOf(definition: OpenDefinition): Omit<FoundLayout, 'files'>[] {
  const {file, placeOf} = definition
  const others = Object.entries(file.layouts ?? {}).map(([name, layout]) => ({
    name,
    definition: {
      ...definition,
      // Hashes and labels are those of the files and ids of one layout.
      file: {...file, md5: undefined, labels: undefined, ...layout} satisfies DefinitionFile,
      placeOf: (path: readonly PropertyKey[]) => placeOf(['layouts', name, ...path]),
    },
  }))
  return [{name: null, definition}, ...others]
}

/** The folder of pictures that lies beside the data that were given. */
export function pictureFolder(images: string, place: string, files: readonly string[]): string {
  return resolve(files[0] === place ? dirname(place) : place, images)
}
