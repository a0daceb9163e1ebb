// Latents of a recorded run on disk: one safetensors file per arm and sample, written with `run --save-latents`, read
// as the bank of the interventions that need one. latents/<arm>/<bench>/<id>.safetensors, each part percent-encoded
// (see nameOf); tensors `<block>` [n, D] hold what was fed, `<block>.own` (where an intervention replaced it) what the
// model itself would have fed.
import {existsSync} from 'node:fs'
import {mkdir, readdir} from 'node:fs/promises'
import {dirname, join, relative} from 'node:path'
import {LanternError, systemCodeOf} from '../../core/errors.js'
import type {LatentBlock} from '../../core/generation.js'
import {sha256} from '../../core/hash.js'
import {random} from '../../core/random.js'
import type {Blocks, LatentStatistics} from '../../modes/interventions.js'
import {readFloats, readSafetensorsHeader, type TensorSource, writeSafetensors} from './safetensors.js'

export interface LatentKey {
  readonly arm: string
  readonly bench: string
  readonly id: string
}

const folder = 'latents'
const suffix = '.safetensors'

function fileOf(runDir: string, {arm, bench, id}: LatentKey): string {
  return join(runDir, folder, nameOf(arm), nameOf(bench), nameOf(id) + suffix)
}

/** File systems take names of 255 bytes; a longer one keeps its end (which tells the intervention) behind a hash. */
const longestName = 200

function nameOf(text: string): string {
  const encoded = encodeURIComponent(text)
  return encoded.length <= longestName ? encoded : `${sha256(text).slice(0, 16)}-${encodeURIComponent(text.slice(-50))}`
}

/**
 * Writes the latents of one generation, whole or not at all. Returns the file's path within the run, or null when there
 * are no latents.
 */
export async function writeLatents(
  runDir: string,
  key: LatentKey,
  blocks: readonly LatentBlock[],
): Promise<string | null> {
  const tensors = blocks.flatMap(({vectors, own}, block) => [
    ...(vectors.length > 0 ? [tensorOf(String(block), vectors)] : []),
    ...(own && own.length > 0 ? [tensorOf(`${block}.own`, own)] : []),
  ])
  if (tensors.length === 0) return null
  const file = fileOf(runDir, key)
  await mkdir(dirname(file), {recursive: true})
  await writeSafetensors(file, tensors)
  return relative(runDir, file)
}

function tensorOf(name: string, vectors: readonly Float32Array[]): TensorSource {
  const width = vectors[0]!.length
  const bytes = () => vectors.map(vector => new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength))
  return {name, type: 'F32', shape: [vectors.length, width], bytes}
}

/** What was fed, block by block; null when the run has no latents of this generation. */
export async function readLatents(runDir: string, key: LatentKey): Promise<Blocks | null> {
  return blocksIn(fileOf(runDir, key))
}

async function blocksIn(file: string): Promise<Blocks | null> {
  return existsSync(file) ? readBlocks(file) : null
}

async function readBlocks(file: string): Promise<Float32Array[][]> {
  const blocks: Float32Array[][] = []
  for (const [name, place] of await readSafetensorsHeader(file)) {
    if (name.endsWith('.own')) continue
    const values = await readFloats(place)
    const width = place.shape[1]!
    blocks[Number(name)] = Array.from({length: place.shape[0]!}, (_, i) => values.subarray(i * width, (i + 1) * width))
  }
  return Array.from(blocks, block => block ?? [])
}

/** The own latents of one arm of a recorded run. */
export interface LatentBank {
  /** Latents this sample had; null when there are none. */
  recorded(bench: string, id: string): Promise<Blocks | null>
  /** Latents of another sample of the same benchmark, drawn by `seed`; null when there is no other. */
  donor(bench: string, id: string, seed: readonly (string | number)[]): Promise<Blocks | null>
  /** Over all samples; computed at the first call. */
  statistics(): Promise<LatentStatistics>
}

/**
 * Opens the `own` arm that matches `arm` (same model, protocol and latents per block), or the only own arm of the run.
 * Throws LanternError `data-absent` when the run holds no such latents.
 */
export async function openLatentBank(runDir: string, arm: string): Promise<LatentBank> {
  const own = '|own'
  const arms = (await names(join(runDir, folder))).filter(name => name.endsWith(encodeURIComponent(own)))
  const wanted = arm.replace(/\|[^|]*$/, own)
  const chosen = arms.includes(nameOf(wanted)) ? nameOf(wanted) : arms.length === 1 ? arms[0]! : null
  if (chosen === null) {
    throw new LanternError(
      'data-absent',
      `The run ${runDir} holds no latents of ${wanted}${arms.length > 0 ? `, only of ${arms.map(decodeURIComponent).join(', ')}` : ''}.`,
      'Record them first: run that arm with --intervention own --save-latents.',
    )
  }
  const root = join(runDir, folder, chosen)
  const idsOf = new Map<string, Promise<string[]>>()
  const ids = (bench: string) => {
    const found = idsOf.get(bench) ?? names(join(root, nameOf(bench))).then(files => files.sort())
    idsOf.set(bench, found)
    return found
  }
  let statistics: Promise<LatentStatistics> | undefined
  return {
    recorded: (bench, id) => blocksIn(join(root, nameOf(bench), nameOf(id) + suffix)),
    async donor(bench, id, seed) {
      const others = (await ids(bench)).filter(file => file !== nameOf(id) + suffix)
      return others.length === 0 ? null : readBlocks(join(root, nameOf(bench), random(...seed, 'donor').pick(others)))
    },
    statistics: () => {
      statistics ??= computeStatistics(root)
      return statistics
    },
  }
}

async function names(dir: string): Promise<string[]> {
  try {
    return await readdir(dir)
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return []
    throw error
  }
}

async function computeStatistics(root: string): Promise<LatentStatistics> {
  const sums: {count: number; sum: Float64Array}[] = []
  let squares = new Float64Array(0)
  for (const bench of await names(root)) {
    for (const file of await names(join(root, bench))) {
      for (const block of await readBlocks(join(root, bench, file))) {
        for (const [index, vector] of block.entries()) {
          if (squares.length === 0) squares = new Float64Array(vector.length)
          sums[index] ??= {count: 0, sum: new Float64Array(vector.length)}
          const at = sums[index]
          at.count++
          for (let i = 0; i < vector.length; i++) {
            at.sum[i]! += vector[i]!
            squares[i]! += vector[i]! ** 2
          }
        }
      }
    }
  }
  const count = sums.reduce((total, at) => total + at.count, 0)
  const mean = new Float32Array(squares.length).map((_, i) => sums.reduce((total, at) => total + at.sum[i]!, 0) / count)
  return {
    meanAt: sums.map(at => Float32Array.from(at.sum, value => value / at.count)),
    mean,
    deviation: mean.map((center, i) => Math.sqrt(Math.max(0, squares[i]! / count - center ** 2))),
  }
}
