// Weights at another precision than the checkpoint has: written to the cache once, and compared with float32 once where
// they are lower.
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {z} from 'zod'
import {jsonOrNothing} from '../../../core/json.js'
import {writeWhole} from '../../../core/part-file.js'
import {random} from '../../../core/random.js'
import {requireFinite} from '../finite.js'
import {converted, type LowPrecision, quantised, quantiserVersion} from '../quantise.js'
import type {Checkpoint, DecoderInput, DecoderOutput, LoadOptions, Parity} from '../types.js'
import type {Tensors} from './graph-tensors.js'
import {weightsFolder, writtenWeights} from './written-weights.js'

export interface LowPrecisionWeights {
  readonly tensors: Tensors
  /** The file for the parity figures. */
  readonly parityFile: string
}

/** The decoder's `tensors` at `precision`, from the cache or newly written. Throws LanternError `disk`. */
export async function lowPrecisionWeights(
  checkpoint: Checkpoint,
  decoder: Tensors,
  precision: LowPrecision,
  {cacheDir, notify}: LoadOptions,
): Promise<LowPrecisionWeights> {
  const {folder, parityFile} = await filesOf(checkpoint, precision, cacheDir)
  const isTable = (tensor: string) => tensor === 'model.embed_tokens.weight' && !checkpoint.text.tied
  const tensors = await writtenWeights({
    folder,
    tensors: decoder,
    convert: some => quantised(some, precision, isTable),
    what: `writing ${precision} weights`,
    ...(notify && {notify}),
  })
  return {tensors, parityFile}
}

/**
 * Tensors as float32, which alone can be mapped: those of the checkpoint if they are, else a copy in the cache. Throws
 * LanternError `disk`.
 */
export async function mappableWeights(
  checkpoint: Checkpoint,
  graph: 'vision' | 'decoder',
  tensors: Tensors,
  {cacheDir, notify}: LoadOptions,
): Promise<Tensors> {
  if ([...tensors.values()].every(({type}) => type === 'F32')) return tensors
  return writtenWeights({
    folder: join(await weightsFolder(checkpoint, cacheDir), `${graph}-fp32-v${quantiserVersion}`),
    tensors,
    convert: some => some.map(([name, place]) => converted(name, place, 'F32')),
    what: `writing the ${graph} as fp32, to map it`,
    ...(notify && {notify}),
  })
}

async function filesOf(checkpoint: Checkpoint, precision: LowPrecision, cacheDir: string) {
  const name = join(await weightsFolder(checkpoint, cacheDir), `decoder-${precision}-v${quantiserVersion}`)
  return {folder: name, parityFile: `${name}.parity.json`}
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
