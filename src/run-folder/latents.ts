// Latents of a run on disk: one safetensors file per arm and sample, written with `run --save-latents`.
// latents/<arm>/<bench>/<id>.safetensors, each part percent-encoded (see nameOf), <id>@<repeat> from the second time
// on; tensors `<block>` [n, D] hold what was fed, `<block>.own` (where an intervention replaced it) what the model
// itself would have fed. What is done with them is the runners' business.
import {existsSync} from 'node:fs'
import {readdir} from 'node:fs/promises'
import {dirname, join, relative} from 'node:path'
import {systemCodeOf} from '../core/errors.js'
import {makeFolder} from '../core/folders.js'
import type {LatentBlock} from '../core/generation.js'
import {sha256OfFile} from '../core/hash.js'
import {
  readFloats,
  readSafetensorsHeader,
  readWholeHeader,
  type TensorSource,
  writeSafetensors,
} from '../core/safetensors.js'
import {nameOf} from './file-names.js'
import {contextIn, type LatentContext, metadataOf} from './latent-context.js'

export interface LatentKey {
  readonly arm: string
  readonly bench: string
  readonly id: string
  /** From 0, where every sample is asked several times. */
  readonly repeat?: number
}

/** Vectors by block and index. */
export type StoredBlocks = readonly (readonly Float32Array[])[]

const folder = 'latents'
const suffix = '.safetensors'

function fileOf(runDir: string, {arm, bench, ...sample}: LatentKey): string {
  return join(runDir, folder, nameOf(arm), nameOf(bench), fileNameOf(sample))
}

/** The first time has the plain name; no encoded id holds an @. */
function fileNameOf({id, repeat = 0}: Pick<LatentKey, 'id' | 'repeat'>): string {
  return `${nameOf(id)}${repeat === 0 ? '' : `@${repeat}`}${suffix}`
}

/**
 * Writes the latents of one generation, whole or not at all. Returns the file's path within the run, or null when there
 * are no latents.
 */
export async function writeLatents(
  runDir: string,
  key: LatentKey,
  blocks: readonly LatentBlock[],
  context?: LatentContext,
): Promise<string | null> {
  const tensors = blocks.flatMap(({vectors, own}, block) => [
    ...(vectors.length > 0 ? [tensorOf(String(block), vectors)] : []),
    ...(own && own.length > 0 ? [tensorOf(`${block}.own`, own)] : []),
  ])
  if (tensors.length === 0) return null
  const file = fileOf(runDir, key)
  await makeFolder(dirname(file))
  await writeSafetensors(file, tensors, context && metadataOf(context))
  return relative(runDir, file)
}

function tensorOf(name: string, vectors: readonly Float32Array[]): TensorSource {
  const width = vectors[0]!.length
  const bytes = () => [
    Buffer.concat(vectors.map(vector => new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength))),
  ]
  return {name, type: 'F32', shape: [vectors.length, width], bytes}
}

/** What was fed, block by block; null when the run has no latents of this generation. */
export async function readLatents(runDir: string, key: LatentKey): Promise<StoredBlocks | null> {
  return blocksIn(fileOf(runDir, key))
}

/** sha256 of the file with the latents of a generation; null when the run has none of it. */
export async function latentsDigest(runDir: string, key: LatentKey): Promise<string | null> {
  const file = fileOf(runDir, key)
  return existsSync(file) ? sha256OfFile(file) : null
}

async function blocksIn(file: string): Promise<StoredBlocks | null> {
  return existsSync(file) ? readBlocks(file) : null
}

async function readBlocks(file: string): Promise<StoredBlocks> {
  const blocks: Float32Array[][] = []
  for (const [name, place] of await readSafetensorsHeader(file)) {
    if (name.endsWith('.own')) continue
    const values = await readFloats(place)
    const width = place.shape[1]!
    blocks[Number(name)] = Array.from({length: place.shape[0]!}, (_, i) => values.subarray(i * width, (i + 1) * width))
  }
  return Array.from(blocks, block => block ?? [])
}

/** The latents of one arm of a recorded run. */
export interface StoredArm {
  /** The arm's id; for a long id, a hash and its end. */
  readonly name: string
  /** Whether these are the latents of the arm with this id. */
  isOf(arm: string): boolean
  /** What was fed to a sample, block by block; null when there is nothing. */
  read(bench: string, id: string, repeat?: number): Promise<StoredBlocks | null>
  /** What they are looked at with; null where nothing was kept. */
  context(bench: string, id: string, repeat?: number): Promise<LatentContext | null>
  /** Whether there are latents of a sample. */
  has(bench: string, id: string): Promise<boolean>
  /** The latents of every sample of every benchmark, as a stream. */
  all(): AsyncIterable<StoredBlocks>
}

/** The arms of a run that have latents. */
export async function storedArms(runDir: string): Promise<StoredArm[]> {
  return (await names(join(runDir, folder))).map(name => storedArm(join(runDir, folder), name))
}

function storedArm(parent: string, armName: string): StoredArm {
  const root = join(parent, armName)
  const listed = new Map<string, Promise<ReadonlySet<string>>>()
  const filesOf = (bench: string) => {
    const found = listed.get(bench) ?? names(join(root, bench)).then(files => new Set(files))
    listed.set(bench, found)
    return found
  }
  return {
    name: decoded(armName),
    isOf: arm => nameOf(arm) === armName,
    read: (bench, id, repeat) => blocksIn(join(root, nameOf(bench), fileNameOf({id, repeat}))),
    context: async (bench, id, repeat) => {
      const file = join(root, nameOf(bench), fileNameOf({id, repeat}))
      return existsSync(file) ? contextIn((await readWholeHeader(file)).metadata, file) : null
    },
    has: async (bench, id) => (await filesOf(nameOf(bench))).has(fileNameOf({id})),
    async *all() {
      for (const bench of await names(root))
        for (const file of await filesOf(bench)) yield readBlocks(join(root, bench, file))
    },
  }
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    // Not a name that this file wrote.
    return name
  }
}

/** Names in a folder, in order; none where there is no such folder. */
async function names(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).sort()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return []
    throw error
  }
}
