// Weights that a run needs in another form than the checkpoint has them: converted once and kept in the cache. Each
// layer is a file of its own, so a killed process loses the layer it was writing; the next one writes what is absent.
// Memory holds a piece of a tensor.
import {statfs} from 'node:fs/promises'
import {join} from 'node:path'
import {LanternError} from '../../../core/errors.js'
import {makeFolder} from '../../../core/folders.js'
import {
  byteLengthOf,
  readSafetensorsHeader,
  type TensorPlace,
  type TensorSource,
  writeSafetensors,
} from '../../../core/safetensors.js'
import {checkpointSha256} from '../checkpoint/checkpoint-hash.js'
import type {Checkpoint, LoadOptions} from '../types.js'

export interface ToWrite {
  /** The folder of these weights alone; its name says what they are made from and how. */
  readonly folder: string
  readonly tensors: Iterable<readonly [name: string, place: TensorPlace]>
  /** What is written for some of them. */
  readonly convert: (tensors: readonly (readonly [string, TensorPlace])[]) => readonly TensorSource[]
  /** What the user is told, e.g. `writing q4 weights`. */
  readonly what: string
  readonly notify?: LoadOptions['notify']
}

/** Where the weights made from a checkpoint are. The hash covers an adapter, so another one never finds them. */
export async function weightsFolder(checkpoint: Checkpoint, cacheDir: string): Promise<string> {
  return join(cacheDir, 'weights', (await checkpointSha256(checkpoint, cacheDir)).slice(0, 16))
}

/** The converted tensors by name. Files that are there and whole are kept. Throws LanternError `disk`. */
export async function writtenWeights({folder, tensors, convert, what, notify}: ToWrite) {
  const parts = new Map<string, TensorSource[]>()
  for (const [part, group] of byPart(tensors)) parts.set(join(folder, `${part}.safetensors`), [...convert(group)])
  const found = new Map<string, ReadonlyMap<string, TensorPlace>>()
  let total = 0
  let done = 0
  for (const [file, sources] of parts) {
    const bytes = sources.reduce((sum, source) => sum + byteLengthOf(source), 0)
    total += bytes
    const places = await wholePart(file, sources)
    if (places === null) continue
    found.set(file, places)
    done += bytes
  }
  if (found.size < parts.size) {
    await makeFolder(folder, 'Give a writable cache folder.')
    await requireSpace(folder, total - done, what)
  }
  for (const [file, sources] of parts) {
    if (found.has(file)) continue
    const tell = (bytes: number) => {
      done += bytes
      notify?.(what, {done, total})
    }
    tell(0)
    // Another process may have been faster.
    let places = await wholePart(file, sources)
    if (places === null) {
      await writeSafetensors(file, sources.map(counted(tell)), {}, {synced: true})
      places = await readSafetensorsHeader(file)
    } else tell([...places.values()].reduce((sum, {length}) => sum + length, 0))
    found.set(file, places)
  }
  return new Map([...found.values()].flatMap(places => [...places]))
}

/** Tensors by the file they go to: one for each layer, block and module. */
function byPart(tensors: ToWrite['tensors']): Map<string, (readonly [string, TensorPlace])[]> {
  const parts = new Map<string, (readonly [string, TensorPlace])[]>()
  for (const tensor of tensors) {
    const name = /^(?:model\.layers|visual\.blocks)\.\d+/.exec(tensor[0])?.[0] ?? tensor[0].split('.', 2).join('.')
    // Names come from a file that anyone may have made.
    const part = name.replace(/[^\w.-]/g, '_').slice(0, 100)
    parts.set(part, [...(parts.get(part) ?? []), tensor])
  }
  return parts
}

/** The tensors of a part that is there with all of them, else null. */
async function wholePart(file: string, sources: readonly TensorSource[]) {
  const places = await readSafetensorsHeader(file).catch(() => null)
  return sources.every(({name}) => places?.has(name)) ? places : null
}

const counted =
  (tell: (bytes: number) => void) =>
  (source: TensorSource): TensorSource => ({
    ...source,
    async *bytes() {
      for await (const piece of source.bytes()) {
        yield piece
        tell(piece.byteLength)
      }
    },
  })

async function requireSpace(folder: string, bytes: number, what: string): Promise<void> {
  const {bavail, bsize} = await statfs(folder)
  if (bavail * bsize >= bytes) return
  const gigabytes = (count: number) => `${(count / 1e9).toFixed(1)} GB`
  throw new LanternError(
    'disk',
    `${what[0]!.toUpperCase()}${what.slice(1)} needs ${gigabytes(bytes)} in ${folder}; ${gigabytes(bavail * bsize)} are free.`,
    'Free some space, or give another cache folder. --precision q4 takes least; --weights packed writes no file for fp32, but holds 4 bytes a parameter in memory.',
  )
}
