// Finds the weight files of a checkpoint folder and reads their headers: one file, the shards of an index, or numbered
// shards without one. Every tensor is located exactly once; ambiguous files are refused. Reads no weights.
import {basename, join} from 'node:path'
import {z} from 'zod'
import {LanternError} from '../../core/errors.js'
import {readJsonObject} from '../../core/json-object.js'
import {readSafetensorsHeader, type TensorPlace} from '../../core/safetensors.js'
import {indexFile, type Names, shardPattern, singleFile} from './folder-format.js'

export interface WeightFiles {
  /** Tensors by their names in the files. */
  readonly tensors: ReadonlyMap<string, TensorPlace>
  /** Absolute paths. */
  readonly files: readonly string[]
  /** Sentences about what was assumed about the folder. */
  readonly assumed: readonly string[]
}

/** Throws LanternError `bad-checkpoint`, naming the file. `names` must hold weights (see folder-format.ts). */
export async function readWeightFiles(dir: string, names: Names): Promise<WeightFiles> {
  if (names.has(singleFile) && names.has(indexFile)) return singleBesideIndex(dir)
  if (names.has(singleFile)) return {...(await tensorsOf([join(dir, singleFile)])), assumed: []}
  if (names.has(indexFile)) return {...(await tensorsOf(await shardsOfIndex(dir, names))), assumed: []}
  const shards = numberedShards(dir, names)
  const assumed = [`the ${shards.length} numbered shards are the whole model, because there is no ${indexFile}`]
  return {...(await tensorsOf(shards)), assumed}
}

/** transformers reads the single file and ignores the index, even if the single file is a left-over. */
async function singleBesideIndex(dir: string): Promise<WeightFiles> {
  const single = await tensorsOf([join(dir, singleFile)])
  const lacking = Object.keys(await weightMap(dir)).find(name => !single.tensors.has(name))
  if (lacking === undefined)
    return {...single, assumed: [`${singleFile} is the model, as for transformers; ${indexFile} beside it is not read`]}
  throw new LanternError(
    'bad-checkpoint',
    `${dir} holds ${singleFile} beside ${indexFile}, but the former lacks ${lacking}: it is not the model that the index lists.`,
    `Move ${singleFile} away if the shards are the model, or ${indexFile} if it is the other way round.`,
  )
}

async function tensorsOf(files: readonly string[]): Promise<Pick<WeightFiles, 'tensors' | 'files'>> {
  const tensors = new Map<string, TensorPlace>()
  for (const file of files) {
    for (const [name, place] of await readSafetensorsHeader(file, 'bad-checkpoint')) {
      const other = tensors.get(name)
      if (other !== undefined) {
        throw new LanternError(
          'bad-checkpoint',
          `The tensor ${name} is in ${basename(other.file)} and in ${file}.`,
          'Remove the shards that belong to another checkpoint.',
        )
      }
      tensors.set(name, place)
    }
  }
  return {tensors, files}
}

const indexSchema = z.looseObject({weight_map: z.record(z.string(), z.string())})

async function weightMap(dir: string): Promise<Readonly<Record<string, string>>> {
  const file = join(dir, indexFile)
  const parsed = indexSchema.safeParse(await readJsonObject(file))
  if (parsed.success) return parsed.data.weight_map
  throw new LanternError('bad-checkpoint', `${file} has no weight_map from tensors to files.`, 'Fetch this file again.')
}

/** The shard paths in an index, after checking that they are plain names in the same folder and that all exist. */
async function shardsOfIndex(dir: string, present: Names): Promise<string[]> {
  const file = join(dir, indexFile)
  const shards = [...new Set(Object.values(await weightMap(dir)))].sort()
  for (const name of shards) {
    if (basename(name) !== name || name.includes('\\'))
      throw new LanternError('bad-checkpoint', `${file} names a file outside its folder: ${name}.`)
    if (!present.has(name)) {
      throw new LanternError(
        'bad-checkpoint',
        `${join(dir, name)} is missing: ${indexFile} lists it as a shard.`,
        'Fetch this file.',
      )
    }
  }
  return shards.map(name => join(dir, name))
}

/** All shards of a numbered set. Throws if a shard is missing or the shards belong to two sets. */
function numberedShards(dir: string, names: Names): string[] {
  const shards = [...names].filter(name => shardPattern.test(name)).sort()
  const [, stem, , total] = shardPattern.exec(shards[0]!)!
  const stray = shards.find(name => {
    const [, otherStem, , otherTotal] = shardPattern.exec(name)!
    return otherStem !== stem || otherTotal !== total
  })
  if (stray !== undefined) {
    throw new LanternError(
      'bad-checkpoint',
      `${dir} has no ${indexFile}, and its shards are of two models: ${shards[0]} and ${stray}.`,
      'Remove the shards that belong to another checkpoint, or fetch the index.',
    )
  }
  const there = new Set(shards.map(name => Number(shardPattern.exec(name)![2])))
  for (let number = 1; number <= Number(total); number++) {
    if (there.has(number)) continue
    throw new LanternError(
      'bad-checkpoint',
      `${dir} has no ${indexFile}, and of its ${Number(total)} shards number ${number} is missing.`,
      'Fetch the missing shard, and the index.',
    )
  }
  return shards.map(name => join(dir, name))
}
