// Loads from a checkpoint folder everything that turns prompts into generations, on the calling thread.
import type {PromptTools} from './prepared-inputs.js'
import {loadChatTemplate} from './qwen2-5-vl/chat-template.js'
import {openCheckpoint} from './qwen2-5-vl/checkpoint.js'
import {loadModel} from './qwen2-5-vl/model.js'
import {loadTokenizer} from './qwen2-5-vl/tokenizer.js'
import type {Checkpoint, LoadOptions, Model} from './qwen2-5-vl/types.js'

/** Override the checkpoint's own limits. */
export interface PixelOptions {
  readonly minPixels?: number
  readonly maxPixels?: number
}

export interface CheckpointOptions extends LoadOptions, PixelOptions {
  readonly warn: (message: string) => void
}

/** Loads a checkpoint. Throws the LanternErrors of its parts; in that case nothing stays open. */
export async function loadCheckpoint(
  dir: string,
  options: CheckpointOptions,
): Promise<PromptTools & {readonly model: Model}> {
  const checkpoint = await openCheckpoint(dir)
  const tools = await loadPromptTools(checkpoint, options)
  return {...tools, warn: options.warn, model: await loadModel(checkpoint, options)}
}

/** What prompts are made with, except the model. Throws LanternError `bad-checkpoint`. */
export async function loadPromptTools(
  {dir, latent, image}: Checkpoint,
  {minPixels = image.minPixels, maxPixels = image.maxPixels}: PixelOptions,
): Promise<Pick<PromptTools, 'tokenizer' | 'template' | 'limits'>> {
  return {
    tokenizer: await loadTokenizer(dir, latent),
    template: await loadChatTemplate(dir),
    limits: {minPixels, maxPixels},
  }
}
