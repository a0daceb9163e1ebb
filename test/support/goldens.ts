// The goldens: outputs of the reference implementation for small checkpoints (their README says how they were made).
// LANTERN_EVAL_GOLDENS names another folder of the same kind: decode-NAME.json with checkpoints/NAME, preprocess.json,
// rope*.json, tapes*.json, each of which it may lack.
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

const named = process.env['LANTERN_EVAL_GOLDENS']
const shared = (name: string) => fileURLToPath(new URL(`../../../shared/data/${name}/`, import.meta.url))

/** The goldens of this repository, for tests that need a certain checkpoint or picture. */
export const committedGoldens = fileURLToPath(new URL('../../fixtures/goldens/', import.meta.url))

interface GoldenFolder {
  readonly name: string
  readonly dir: string
}

/** Every available folder of goldens, with a short name. */
const goldenFolders: readonly GoldenFolder[] = named
  ? [{name: 'LANTERN_EVAL_GOLDENS', dir: named}]
  : [
      {name: 'fixtures/goldens', dir: committedGoldens},
      {name: 'fixtures/goldens-2', dir: fileURLToPath(new URL('../../fixtures/goldens-2/', import.meta.url))},
      {name: 'shared goldens', dir: shared('goldens')},
      {name: 'shared goldens-2', dir: shared('goldens-2')},
    ].filter(({dir}) => existsSync(dir))

/**
 * Declares tests for each file of this form in each folder; a folder that lacks it is skipped, which its title says.
 * `body` gets the folder, and what the first group of the form matched.
 */
export function describeGoldens(
  title: string,
  form: RegExp,
  body: (folder: GoldenFolder & {readonly file: string; readonly stem: string}) => void,
): void {
  for (const {name, dir} of goldenFolders) {
    const files = readdirSync(dir).filter(file => form.test(file))
    if (files.length === 0) describe.skip(`${name}: ${title}: no such file`, () => test(String(form), () => {}))
    for (const file of files)
      describe(`${name}, ${file}: ${title}`, () =>
        body({name, dir, file: join(dir, file), stem: form.exec(file)![1] ?? ''}))
  }
}

/** Where a file of goldens has its pictures. */
export function imagesOf(dir: string, {images_dir: images = 'images'}: {readonly images_dir?: string}): string {
  return join(dir, images)
}

/** Declares a skipped test for what a folder of goldens lacks, so that it is seen; true if it lacks anything. */
export function skipsFor(what: string, paths: readonly string[]): boolean {
  const absent = paths.filter(path => !existsSync(path))
  if (absent.length > 0) test.skip(`${what}: absent are ${absent.join(', ')}`, () => {})
  return absent.length > 0
}

/** The cases whose pictures are there. The others are skipped, which a test's title says. */
export function withPictures<T extends {readonly images: readonly string[]}>(folder: string, cases: readonly T[]): T[] {
  const there = cases.filter(({images}) => images.every(image => existsSync(join(folder, image))))
  const skipped = cases.length - there.length
  if (skipped > 0) test.skip(`${skipped} of ${cases.length} cases, whose pictures are absent from ${folder}`, () => {})
  return there
}

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
