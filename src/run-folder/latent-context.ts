// What stored latents are looked at with, beside them in the run folder (`run --save-latents`):
// features/<model>/<sha256>-<width>x<height>.safetensors holds one picture as the decoder saw it, resized to this
// width and height: the tensor `features` [rows, columns, D] in half precision (F16; BF16 where a number is too large),
// the output of the vision tower for each cell. Pictures are found by their hash, so each is kept once.
// The file of a generation's latents has the metadata `context`, a LatentContext as JSON.
import {existsSync} from 'node:fs'
import {readdir, stat} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {z} from 'zod'
import {LanternError} from '../core/errors.js'
import {makeFolder} from '../core/folders.js'
import type {LogitLens, PictureFeatures} from '../core/generation.js'
import {jsonOrNothing} from '../core/json.js'
import {
  elementBytes,
  readFloats,
  readSafetensorsHeader,
  type TensorPlace,
  writeSafetensors,
} from '../core/safetensors.js'
import type {Box} from '../core/sample.js'
import {nameOf} from './file-names.js'

/** Stands beside every list of tokens. */
export const lensWarning =
  'The head was trained on states that are read as text. What it says of a latent is a likeness, not its content.'

const folder = 'features'

const tokenSchema = z.object({id: z.number().int(), token: z.string(), p: z.number()})

/** What the latents of one generation are looked at with. */
export const latentContextSchema = z.object({
  schema: z.literal(1),
  /** The pictures of the prompt in their order; empty where an intervention changed them. */
  pictures: z.array(
    z.object({
      /** The file of its features within the run folder. */
      features: z.string().regex(/^features\/[^/\\]+\/[^/\\]+\.safetensors$/),
      /** Cells, each a square of the picture that the model saw. */
      rows: z.number().int().min(1),
      columns: z.number().int().min(1),
      /** Of the picture before it was resized, in pixels. */
      width: z.number().positive(),
      height: z.number().positive(),
    }),
  ),
  /** Where the evidence is: left, top, right, bottom, in pixels of the first picture before it was resized. */
  boxes: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])).optional(),
  /** Null where the runner has none. */
  lens: z
    .object({
      of: z.enum(['latent', 'state']),
      warning: z.string(),
      /** By block and latent, the likeliest token first. */
      blocks: z.array(z.array(z.array(tokenSchema))),
    })
    .nullable(),
})

export interface LatentContext {
  readonly pictures: readonly StoredPicture[]
  readonly boxes?: readonly Box[]
  readonly lens: LogitLens | null
}

export interface StoredPicture {
  readonly features: string
  readonly rows: number
  readonly columns: number
  readonly width: number
  readonly height: number
}

/** Features of one run take at most this much: pictures of 16,384 cells of 3,584 numbers are 117 MB each. */
const mostBytes = 4 * 2 ** 30

/** The features of the pictures of a run. */
export class FeatureStore {
  readonly #runDir: string
  readonly #notify: (message: string) => void
  readonly #most: number
  /** Bytes that lie there. */
  #held: Promise<number> | undefined
  #full = false

  /** `notify` is told once that there is no more room. */
  constructor(runDir: string, notify: (message: string) => void, most = mostBytes) {
    this.#runDir = runDir
    this.#notify = notify
    this.#most = most
  }

  /**
   * Writes the features that are not there yet, each file whole or not at all; those that would exceed the limit are
   * left out. Throws LanternError `disk`.
   */
  async write(model: string, pictures: readonly PictureFeatures[]): Promise<StoredPicture[]> {
    const stored: StoredPicture[] = []
    for (const {seen, rows, columns, features} of pictures) {
      const name = nameOf(`${seen.sha256}-${seen.sentWidth}x${seen.sentHeight}`)
      const path = `${folder}/${nameOf(model)}/${name}.safetensors`
      const file = join(this.#runDir, path)
      if (features !== undefined && !existsSync(file) && (await this.#hasRoom(features.bytes.length))) {
        const {type, bytes} = features
        const width = bytes.length / elementBytes[type] / (rows * columns)
        await makeFolder(dirname(file))
        await writeSafetensors(file, [{name: 'features', type, shape: [rows, columns, width], bytes: () => [bytes]}])
      }
      stored.push({features: path, rows, columns, width: seen.width, height: seen.height})
    }
    return stored
  }

  async #hasRoom(bytes: number): Promise<boolean> {
    // Each call goes on from the sum of the one before, though they overlap.
    const before = this.#held ?? bytesIn(join(this.#runDir, folder))
    const fits = before.then(held => held + bytes <= this.#most)
    this.#held = before.then(async held => held + ((await fits) ? bytes : 0))
    if (await fits) return true
    if (!this.#full)
      this.#notify(
        `The features of pictures take ${(this.#most / 2 ** 30).toFixed(1)} GiB, the most that a run keeps; latents of further pictures are kept without them.`,
      )
    this.#full = true
    return false
  }
}

async function bytesIn(dir: string): Promise<number> {
  let sum = 0
  for (const name of await readdir(dir, {recursive: true}).catch(() => [])) {
    const found = await stat(join(dir, name))
    if (found.isFile()) sum += found.size
  }
  return sum
}

/** Probabilities are kept with four digits. */
const digits = 4

/** The metadata of a file of latents. */
export function metadataOf({pictures, boxes, lens}: LatentContext): Record<string, string> {
  const rounded = lens?.blocks.map(block =>
    block.map(tokens => tokens.map(({p, ...token}) => ({...token, p: Number(p.toPrecision(digits))}))),
  )
  const context = {
    ...{schema: 1, pictures, ...(boxes && {boxes})},
    lens: lens && {of: lens.of, warning: lensWarning, blocks: rounded},
  }
  return {context: JSON.stringify(context)}
}

/** From the metadata of a file of latents; null where it has none. Throws LanternError `bad-file`. */
export function contextIn({context}: Readonly<Record<string, string>>, file: string): LatentContext | null {
  if (context === undefined) return null
  const parsed = latentContextSchema.safeParse(jsonOrNothing(context))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new LanternError(
    'bad-file',
    `${file}: its metadata are no context of latents (${issue!.path.join('.')}: ${issue!.message}).`,
    'Record these latents again.',
  )
}

/** The features of one picture on disk. */
export interface StoredFeatures {
  readonly rows: number
  readonly columns: number
  /** D, the width of a cell and of a latent. */
  readonly width: number
  /** All cells in raster order, [rows x columns, D]. */
  all(): Promise<Float32Array>
  /** The cells of one row from column `from` to before column `to`, [to - from, D]. */
  cells(row: number, from: number, to: number): Promise<Float32Array>
}

/**
 * Opens the features of a picture; null where they were not kept. Throws LanternError `bad-file` for a file of another
 * form.
 */
export async function openFeatures(runDir: string, picture: StoredPicture): Promise<StoredFeatures | null> {
  const file = join(runDir, picture.features)
  if (!existsSync(file)) return null
  const place = (await readSafetensorsHeader(file)).get('features')
  const [rows = 0, columns = 0, width = 0, ...further] = place?.shape ?? []
  const fits = rows === picture.rows && columns === picture.columns && width > 0 && further.length === 0
  if (place === undefined || !fits || !(place.type === 'F16' || place.type === 'BF16'))
    throw new LanternError(
      'bad-file',
      `${file} holds no features of ${picture.rows} x ${picture.columns} cells.`,
      'Record these latents again.',
    )
  const cell = width * elementBytes[place.type]
  const part = (first: number, count: number): TensorPlace => ({
    ...place,
    ...{offset: place.offset + first * cell, length: count * cell},
  })
  return {
    ...{rows, columns, width},
    all: () => readFloats(place),
    cells: (row, from, to) => readFloats(part(row * columns + from, to - from)),
  }
}
