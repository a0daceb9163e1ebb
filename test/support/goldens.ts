// The goldens: outputs of the reference implementation for small checkpoints (their README says how they were made).
// LANTERN_EVAL_GOLDENS names another folder of the same layout.
import {existsSync, readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'

const shared = fileURLToPath(new URL('../../../shared/data/goldens/', import.meta.url))
const sharedMore = fileURLToPath(new URL('../../../shared/data/goldens-2/', import.meta.url))
const committed = fileURLToPath(new URL('../../fixtures/goldens/', import.meta.url))

/** Every available folder of goldens, with a short name. */
export const goldenFolders: readonly {readonly name: string; readonly dir: string}[] = process.env[
  'LANTERN_EVAL_GOLDENS'
]
  ? [{name: 'LANTERN_EVAL_GOLDENS', dir: process.env['LANTERN_EVAL_GOLDENS']}]
  : [
      {name: 'fixtures/goldens', dir: committed},
      {name: 'shared goldens', dir: shared},
    ].filter(({dir}) => existsSync(dir))

/** The same, with the goldens of more architectures and heads, whose pictures are not all those of Qwen2.5-VL. */
export const allGoldenFolders: typeof goldenFolders = process.env['LANTERN_EVAL_GOLDENS']
  ? goldenFolders
  : [...goldenFolders, ...[{name: 'shared goldens-2', dir: sharedMore}].filter(({dir}) => existsSync(dir))]

export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T
}

/** A float32 safetensors file in memory. Gives tensors by name. */
export class GoldenTensors {
  readonly #bytes: Buffer
  readonly #header: Record<string, {shape: number[]; data_offsets: [number, number]}>
  readonly #start: number

  constructor(file: string) {
    this.#bytes = readFileSync(file)
    const length = Number(this.#bytes.readBigUInt64LE())
    this.#start = 8 + length
    this.#header = JSON.parse(this.#bytes.toString('utf8', 8, this.#start))
  }

  get(name: string): Float32Array {
    const entry = this.#header[name]
    if (entry === undefined) throw new Error(`no golden tensor ${name}`)
    const [from, to] = entry.data_offsets
    return new Float32Array(Uint8Array.prototype.slice.call(this.#bytes, this.#start + from, this.#start + to).buffer)
  }

  /** The rows of a matrix. */
  rows(name: string): Float32Array[] {
    const data = this.get(name)
    const width = this.#header[name]!.shape.at(-1)!
    return Array.from({length: data.length / width}, (_, i) => data.subarray(i * width, (i + 1) * width))
  }
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let largest = 0
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!
    if (difference > largest) largest = difference
    else if (-difference > largest) largest = -difference
    else if (Number.isNaN(difference)) return difference
  }
  return largest
}
