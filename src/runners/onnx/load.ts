// A checkpoint folder -> everything that turns prompts into generations, on the thread that calls it.
import type {PromptTools} from './prepared-inputs.js'
import {loadChatTemplate} from './qwen2-5-vl/chat-template.js'
import {openCheckpoint} from './qwen2-5-vl/checkpoint.js'
import {loadModel} from './qwen2-5-vl/model.js'
import {loadTokenizer} from './qwen2-5-vl/tokenizer.js'
import type {Checkpoint, LoadOptions, Model} from './qwen2-5-vl/types.js'

/** Instead of the checkpoint's own limits. */
export interface PixelOptions {
  readonly minPixels?: number
  readonly maxPixels?: number
}

export interface CheckpointOptions extends LoadOptions, PixelOptions {
  readonly warn: (message: string) => void
}

/** Throws LanternError as its parts do; nothing stays open then. */
export async function loadCheckpoint(
  dir: string,
  options: CheckpointOptions,
): Promise<PromptTools & {readonly model: Model}> {
  const checkpoint = await openCheckpoint(dir)
  const tools = await loadPromptTools(checkpoint, options)
  return {...tools, warn: options.warn, model: await loadModel(checkpoint, options)}
}

/** What prompts are made with, but for the model. Throws LanternError `bad-checkpoint`. */
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
