// Copies of checkpoint folders with one thing changed, for tests of what a folder may hold. Also writes LoRA adapters.
import {cpSync, mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {random} from '../../src/core/random.js'
import {
  readFloats,
  readSafetensorsHeader,
  readTensor,
  type TensorSource,
  writeSafetensors,
} from '../../src/core/safetensors.js'
import {openCheckpoint} from '../../src/runners/onnx/checkpoint/checkpoint.js'

// biome-ignore lint/suspicious/noExplicitAny: JSON files that tests take apart
export type Json = any
export type Header = Record<string, {dtype: string; shape: number[]; data_offsets: number[]}>

/** Makes copies below `folder`. Every function returns the new folder. */
export function editedCheckpoints(folder: string) {
  let count = 0
  const fresh = () => join(folder, `copy-${count++}`)
  const copied = (from: string): string => {
    const dir = fresh()
    cpSync(from, dir, {recursive: true})
    return dir
  }
  return {
    copied,
    /** With files added or replaced: text, bytes, or anything else as JSON. Names may have folders. */
    having(from: string, files: Readonly<Record<string, unknown>>): string {
      const dir = copied(from)
      for (const [name, value] of Object.entries(files)) write(join(dir, name), value)
      return dir
    },
    changed(from: string, name: string, change: (value: Json) => unknown): string {
      const dir = copied(from)
      write(join(dir, name), change(JSON.parse(readFileSync(join(dir, name), 'utf8'))))
      return dir
    },
    without(from: string, ...names: readonly string[]): string {
      const dir = copied(from)
      for (const name of names) unlinkSync(join(dir, name))
      return dir
    },
    /** A folder of files that hold `{}`. */
    folderOf(...names: readonly string[]): string {
      const dir = fresh()
      mkdirSync(dir)
      for (const name of names) write(join(dir, name), '{}')
      return dir
    },
    /** With the JSON header of the weights rewritten in place, padded with spaces to its old length. */
    reheadered(from: string, change: (header: Header) => void): string {
      const dir = copied(from)
      const file = join(dir, 'model.safetensors')
      const bytes = readFileSync(file)
      const length = Number(bytes.readBigUInt64LE())
      const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Header
      change(header)
      const text = Buffer.from(JSON.stringify(header).padEnd(length))
      writeFileSync(file, Buffer.concat([bytes.subarray(0, 8), text, bytes.subarray(8 + length)]))
      return dir
    },
    /** With the tensors of model.safetensors written anew: renamed, left out (null), or replaced. */
    async rewritten(
      from: string,
      change: (source: TensorSource) => TensorSource | readonly TensorSource[] | null,
    ): Promise<string> {
      const dir = copied(from)
      const sources = [...(await sourcesOf(join(from, 'model.safetensors')))].flatMap(source => change(source) ?? [])
      await writeSafetensors(join(dir, 'model.safetensors'), sources)
      return dir
    },
  }
}

function write(file: string, value: unknown): void {
  mkdirSync(dirname(file), {recursive: true})
  rmSync(file, {force: true})
  writeFileSync(file, typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value))
}

/** The tensors of a file, to write them again. */
export async function sourcesOf(file: string): Promise<TensorSource[]> {
  return [...(await readSafetensorsHeader(file))].map(([name, place]) => ({
    name,
    type: place.type,
    shape: place.shape,
    bytes: () => readTensor(place),
  }))
}

/** A source with other values, as F32. */
export function floats(name: string, shape: readonly number[], values: Float32Array): TensorSource {
  return {name, type: 'F32', shape, bytes: () => [new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]}
}

/** Seeded values of about the size that trained adapters have. */
function drawn(count: number, scale: number, ...seed: (string | number)[]): Float32Array {
  const choose = random('adapter', ...seed)
  return Float32Array.from({length: count}, () => scale * choose.normal())
}

export interface LoraSpec {
  /** Published names of the matrices, without `.weight`. */
  readonly targets: readonly string[]
  readonly rank: number
  readonly alpha: number
  /** Fields of adapter_config.json beside those above. */
  readonly config?: Json
  /** Rank of single targets. */
  readonly ranks?: Readonly<Record<string, number>>
  /** Whole tensors by their published names. */
  readonly whole?: readonly TensorSource[]
  /** How a tensor is named in the file. */
  readonly naming?: (name: string) => string
}

/**
 * Writes a LoRA adapter for `base` as peft does, and beside it (in `dir`-merged) the base with the adapter merged in
 * float64: an independent reading of the same formula. `scaleOf` is the scale that each target must get.
 */
export async function writeLora(
  dir: string,
  base: string,
  spec: LoraSpec,
  scaleOf: (target: string) => number,
): Promise<{readonly adapter: string; readonly merged: string}> {
  const {targets, rank, alpha, ranks = {}, whole = [], naming = name => `base_model.model.${name}`} = spec
  mkdirSync(dir, {recursive: true})
  const {tensors} = await openCheckpoint(base)
  const sources: TensorSource[] = []
  const merged = new Map<string, TensorSource>(whole.map(source => [source.name, source]))
  for (const target of targets) {
    const name = `${target}.weight`
    const place = tensors.get(name)!
    const [out, inputs] = place.shape as [number, number]
    const r = ranks[target] ?? rank
    const a = drawn(r * inputs, 0.3, target, 'A')
    const b = drawn(out * r, 0.3, target, 'B')
    sources.push(floats(naming(`${target}.lora_A.weight`), [r, inputs], a))
    sources.push(floats(naming(`${target}.lora_B.weight`), [out, r], b))
    const values = Float64Array.from(await readFloats(place))
    for (let o = 0; o < out; o++) {
      for (let i = 0; i < inputs; i++) {
        let sum = 0
        for (let k = 0; k < r; k++) sum += b[o * r + k]! * a[k * inputs + i]!
        values[o * inputs + i]! += scaleOf(target) * sum
      }
    }
    merged.set(name, floats(name, [out, inputs], Float32Array.from(values)))
  }
  for (const source of whole) sources.push({...source, name: naming(source.name)})
  await writeSafetensors(join(dir, 'adapter_model.safetensors'), sources)
  write(join(dir, 'adapter_config.json'), {
    peft_type: 'LORA',
    base_model_name_or_path: base,
    r: rank,
    lora_alpha: alpha,
    target_modules: [...new Set(targets.map(target => target.split('.').at(-1)))],
    bias: 'none',
    fan_in_fan_out: false,
    ...spec.config,
  })
  const mergedDir = `${dir}-merged`
  cpSync(base, mergedDir, {recursive: true})
  const kept = (await sourcesOf(join(base, 'model.safetensors'))).map(source => merged.get(source.name) ?? source)
  const added = [...merged.values()].filter(({name}) => !kept.some(source => source.name === name))
  await writeSafetensors(join(mergedDir, 'model.safetensors'), [...kept, ...added])
  return {adapter: dir, merged: mergedDir}
}
