// The decoder's weights at a lower precision: written to the cache once, and compared with float32 once.
import {access, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {z} from 'zod'
import {makeFolder} from '../../../core/folders.js'
import {jsonOrNothing} from '../../../core/json.js'
import {writeWhole} from '../../../core/part-file.js'
import {random} from '../../../core/random.js'
import {readSafetensorsHeader, type TensorPlace, writeSafetensors} from '../../../core/safetensors.js'
import {checkpointSha256} from '../checkpoint/checkpoint-hash.js'
import {isDecoderTensor} from '../checkpoint/expected-tensors.js'
import {requireFinite} from '../finite.js'
import {type LowPrecision, quantised, quantiserVersion} from '../quantise.js'
import type {Checkpoint, DecoderInput, DecoderOutput, LoadOptions, Parity} from '../types.js'

export interface LowPrecisionWeights {
  readonly tensors: ReadonlyMap<string, TensorPlace>
  /** The file for the parity figures. */
  readonly parityFile: string
}

/** The weights of the decoder at `precision`, from the cache or newly written. Throws LanternError `disk`. */
export async function lowPrecisionWeights(
  checkpoint: Checkpoint,
  precision: LowPrecision,
  options: LoadOptions,
): Promise<LowPrecisionWeights> {
  const {cacheDir, notify} = options
  const {folder, file, parityFile} = await filesOf(checkpoint, precision, cacheDir)
  const exists = await access(file).then(
    () => true,
    () => false,
  )
  if (!exists) {
    notify?.(`writing ${precision} weights`)
    await makeFolder(folder, 'Give a writable cache folder.')
    const used = [...checkpoint.tensors].filter(([tensor]) => isDecoderTensor(tensor))
    const isTable = (tensor: string) => tensor === 'model.embed_tokens.weight' && !checkpoint.text.tied
    await writeSafetensors(file, quantised(used, precision, isTable))
  }
  return {tensors: await readSafetensorsHeader(file), parityFile}
}

async function filesOf(checkpoint: Checkpoint, precision: LowPrecision, cacheDir: string) {
  const folder = join(cacheDir, 'weights', (await checkpointSha256(checkpoint, cacheDir)).slice(0, 16))
  const name = `decoder-${precision}-v${quantiserVersion}`
  return {folder, file: join(folder, `${name}.safetensors`), parityFile: join(folder, `${name}.parity.json`)}
}

/** The parity figures measured by an earlier run; undefined when there are none yet. */
export async function knownParity(
  checkpoint: Checkpoint,
  precision: LowPrecision,
  cacheDir: string,
): Promise<Parity | undefined> {
  const {parityFile} = await filesOf(checkpoint, precision, cacheDir)
  return readParity(parityFile)
}

const paritySchema = z.object({hiddenCosine: z.number(), sameToken: z.number()})

async function readParity(file: string): Promise<Parity | undefined> {
  const known = await readFile(file, 'utf8').catch(() => null)
  return known === null ? undefined : paritySchema.safeParse(jsonOrNothing(known)).data
}

type Decode = (input: DecoderInput) => Promise<DecoderOutput>

/** The parity figures in a file; `measure` computes them if they are not there yet. */
export async function rememberedParity(file: string, measure: () => Promise<Parity>): Promise<Parity> {
  const known = await readParity(file)
  if (known !== undefined) return known
  const parity = await measure()
  await writeWhole(file, JSON.stringify(parity))
  return parity
}

/** Runs both decoders teacher-forced over the same 64 random tokens and compares every position. */
export async function measureParity(
  checkpoint: Checkpoint,
  embed: (ids: Int32Array) => Float32Array,
  exact: Decode,
  low: Decode,
): Promise<Parity> {
  const {hidden, vocabulary} = checkpoint.text
  const length = 64
  const choose = random('parity')
  const ids = Int32Array.from({length}, () => choose.integer(vocabulary))
  const every = Int32Array.from({length}, (_, i) => i)
  const input: DecoderInput = {
    batch: 1,
    length,
    embeds: embed(ids),
    positions: Int32Array.from({length: 3 * length}, (_, i) => i % length),
    totals: Int32Array.of(length),
    past: null,
    rows: every,
    want: {hidden: true},
  }
  const a = await exact(input)
  const b = await low(input)
  for (const {hidden: states} of [a, b]) requireFinite(states!)
  const row = (states: Float32Array, i: number) => states.subarray(i * hidden, (i + 1) * hidden)
  return {
    hiddenCosine: Math.min(...[...every].map(i => cosine(row(a.hidden!, i), row(b.hidden!, i)))),
    sameToken: [...every].filter(i => a.nextTokens[i] === b.nextTokens[i]).length / length,
  }
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    ab += a[i]! * b[i]!
    aa += a[i]! * a[i]!
    bb += b[i]! * b[i]!
  }
  return ab / Math.sqrt(aa * bb)
}
