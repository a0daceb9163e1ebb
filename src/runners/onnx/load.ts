// Loads from a checkpoint folder everything that turns prompts into generations, on the calling thread.
import {LanternError} from '../../core/errors.js'
import type {PictureFetch} from '../smart-resize.js'
import {loadChatTemplate} from './checkpoint/chat-template.js'
import {openCheckpoint} from './checkpoint/checkpoint.js'
import {loadTokenizer} from './checkpoint/tokenizer.js'
import {loadModel} from './model/model.js'
import type {PromptTools} from './prepared-inputs.js'
import type {Checkpoint, LoadOptions, Model} from './types.js'

/** Override the checkpoint's own limits. */
export interface PixelOptions {
  readonly minPixels?: number
  readonly maxPixels?: number
  /** The resize before the checkpoint's own; default: the architecture's official one. */
  readonly pictureFetch?: PictureFetch
}

export interface CheckpointOptions extends LoadOptions, PixelOptions {
  /** Folder of a LoRA adapter for the checkpoint. */
  readonly adapter?: string
  readonly warn: (message: string) => void
}

/** Loads a checkpoint. Throws the LanternErrors of its parts; in that case nothing stays open. */
export async function loadCheckpoint(
  dir: string,
  options: CheckpointOptions,
): Promise<PromptTools & {readonly model: Model}> {
  const {adapter} = options
  const checkpoint = await openCheckpoint(dir, {...(adapter !== undefined && {adapter})})
  const tools = await loadPromptTools(checkpoint, options)
  return {...tools, warn: options.warn, model: await loadModel(checkpoint, options)}
}

/**
 * Loads everything needed to build prompts, except the model. Throws LanternError `bad-checkpoint`, `unsupported` for a
 * template without pictures, and `usage` for limits that no picture can have.
 */
export async function loadPromptTools(
  checkpoint: Checkpoint,
  {
    minPixels = checkpoint.image.minPixels,
    maxPixels = checkpoint.image.maxPixels,
    pictureFetch = checkpoint.image.fetch,
  }: PixelOptions,
): Promise<Pick<PromptTools, 'tokenizer' | 'template' | 'limits' | 'pictureFetch'>> {
  if (minPixels > maxPixels) {
    throw new LanternError(
      'usage',
      `At least ${minPixels} pixels and at most ${maxPixels}: no picture has both.`,
      `The checkpoint's own limits are ${checkpoint.image.minPixels} and ${checkpoint.image.maxPixels}; give --min-pixels and --max-pixels together.`,
    )
  }
  const tokenizer = await loadTokenizer(checkpoint.folders, checkpoint.latent)
  const template = await loadChatTemplate(checkpoint, tokenizer)
  return {tokenizer, template, limits: {minPixels, maxPixels}, pictureFetch}
}
