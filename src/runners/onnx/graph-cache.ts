// Caches emitted graphs under a hash of everything they are made from. A second start then reads a file instead of
// emitting the graph again, and a graph viewer can open what was run. A cache that cannot be written only costs time.
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {makeFolder} from '../../core/folders.js'
import {hashOf} from '../../core/hash.js'
import {writeWhole} from '../../core/part-file.js'

/** The bytes of the graph `name`, which `ingredients` determine completely. */
export async function cachedGraph(
  cacheDir: string,
  name: string,
  ingredients: unknown,
  emit: () => Uint8Array,
): Promise<Uint8Array> {
  const folder = join(cacheDir, 'graphs')
  const file = join(folder, `${name}-${hashOf(ingredients).slice(0, 16)}.onnx`)
  const known = await readFile(file).catch(() => null)
  if (known !== null) return known
  const graph = emit()
  await makeFolder(folder)
    .then(() => writeWhole(file, graph))
    .catch(() => undefined)
  return graph
}
