// The content of `model show`: a description of a checkpoint, read from its files without loading the model.

import type {FolderOptions} from '../../hub-checkpoint.js'
import type {PictureFetch, Size} from '../../smart-resize.js'
import {architectureOf} from '../architectures.js'
import {adapterFolder, checkpointFolder} from '../checkpoint-folder.js'
import {seenSize, tokenSide} from '../image-processor.js'
import {loadPromptTools} from '../load.js'
import {headInWords} from '../model/latent-head.js'
import {availableProviders} from '../ort-session.js'
import type {Checkpoint, LatentTokens, Precision} from '../types.js'
import {openCheckpoint} from './checkpoint.js'
import {recipeOf} from './recipe-of.js'

/** The document of `model show` (design/contract.md, "Other JSON"). */
export interface ModelDescription {
  readonly ref: string
  /** `model_type` in config.json, and the name people use. */
  readonly architecture: string
  readonly architectureName: string
  readonly parameters: number
  readonly dtype: string
  readonly shards: number
  readonly latent: Pick<LatentTokens, 'protocol' | 'size' | 'ids' | 'recognisedBy'> | null
  /** The recipe of this checkpoint and what it was found by; null if none is known. */
  readonly recipe: {readonly name: string; readonly by: string; readonly benchmarks: readonly string[]} | null
  /** The learned head that latents pass through, in words; null if there is none. */
  readonly head: string | null
  readonly image: {
    readonly minPixels: number
    readonly maxPixels: number
    readonly patch: number
    readonly merge: number
    /** The resize before the one within these limits, unless --picture-fetch says another. */
    readonly fetch: PictureFetch
    /** Tokens of a picture of 1000 x 1000 pixels. */
    readonly tokensPerMegapixel: number
  }
  /** Memory of the weights at the default precision (fp32), in MB. */
  readonly memoryMb: number
  /** The same for every precision. */
  readonly memoryMbBy: Readonly<Record<Precision, number>>
  /** Execution providers that can be loaded on this machine. */
  readonly providers: readonly string[]
  readonly folder: string
  /** Folder of the LoRA adapter that is merged at load. */
  readonly adapter: string | null
  /** Sentences about what the files leave open and what was assumed. */
  readonly assumed: readonly string[]
  readonly vocabulary: number
  readonly repetitionPenalty: number
}

/**
 * Describes a checkpoint. Throws the LanternErrors of checkpointFolder, openCheckpoint and loadPromptTools, so it
 * refuses whatever a run would refuse.
 */
export async function describeCheckpoint(
  ref: string,
  options: FolderOptions & {readonly adapter?: string},
): Promise<ModelDescription> {
  const {env, adapter} = options
  const checkpoint = await openCheckpoint(await checkpointFolder(ref, options), {
    env,
    ...(adapter !== undefined && {adapter: await adapterFolder(adapter, options)}),
  })
  await loadPromptTools(checkpoint, {})
  const {architecture, parameters, dtype, shards, latent, image, vision, text, generation} = checkpoint
  const memoryMbBy = memory(checkpoint)
  const found = await recipeOf(checkpoint)
  return {
    ref,
    architecture,
    architectureName: architectureOf(checkpoint).name,
    parameters,
    dtype,
    shards,
    latent: latent && {
      protocol: latent.protocol,
      size: latent.size,
      ids: latent.ids,
      recognisedBy: latent.recognisedBy,
    },
    recipe: found && {name: found.recipe.name, by: found.by, benchmarks: Object.keys(found.recipe.benchmarks)},
    head: checkpoint.head && headInWords(checkpoint.head),
    image: {
      minPixels: image.minPixels,
      maxPixels: image.maxPixels,
      patch: vision.patch,
      merge: vision.merge,
      fetch: image.fetch,
      tokensPerMegapixel: tokensOf({width: 1000, height: 1000}, checkpoint),
    },
    memoryMb: memoryMbBy.fp32,
    memoryMbBy,
    providers: await availableProviders(),
    folder: checkpoint.dir,
    adapter: checkpoint.adapter?.dir ?? null,
    assumed: checkpoint.assumed,
    vocabulary: text.vocabulary,
    repetitionPenalty: generation.repetitionPenalty,
  }
}

/** Tokens that a picture takes with the checkpoint's own settings. */
function tokensOf(size: Size, {image, vision}: Checkpoint): number {
  const side = tokenSide(vision)
  const {width, height} = seenSize(size, image, image.fetch, side)
  return (width * height) / side ** 2
}

/**
 * Everything on the CPU computes in float32, so only quantised weights stay small. The vision tower is never quantised.
 */
function memory({parameters, tensors}: Checkpoint): Record<Precision, number> {
  let vision = 0
  for (const [name, {shape}] of tensors)
    if (name.startsWith('visual.')) vision += shape.reduce((product, n) => product * n, 1)
  const decoder = parameters - vision
  const megabytes = (bytesPerWeight: number) => Math.ceil((4 * vision + bytesPerWeight * decoder) / 1e6)
  // 8 or 4 bits, plus one float32 scale per 32 weights.
  return {fp32: megabytes(4), fp16: megabytes(4), q8: megabytes(1 + 4 / 32), q4: megabytes(0.5 + 4 / 32)}
}
