// A checkpoint folder -> everything that turns prompts into generations, on the thread that calls it.
import type {PromptTools} from './prepared-inputs.js'
import {loadChatTemplate} from './qwen2-5-vl/chat-template.js'
import {openCheckpoint} from './qwen2-5-vl/checkpoint.js'
import {loadModel} from './qwen2-5-vl/model.js'
import {loadTokenizer} from './qwen2-5-vl/tokenizer.js'
import type {LoadOptions, Model} from './qwen2-5-vl/types.js'

export interface CheckpointOptions extends LoadOptions {
  /** Instead of the checkpoint's own limits. */
  readonly minPixels?: number
  readonly maxPixels?: number
  readonly warn: (message: string) => void
}

/** Throws LanternError as its parts do; nothing stays open then. */
export async function loadCheckpoint(dir: string, options: CheckpointOptions): Promise<PromptTools & {readonly model: Model}> {
  const checkpoint = await openCheckpoint(dir)
  const tokenizer = await loadTokenizer(checkpoint.dir, checkpoint.latent)
  const template = await loadChatTemplate(checkpoint.dir)
  const {minPixels = checkpoint.image.minPixels, maxPixels = checkpoint.image.maxPixels, warn} = options
  return {tokenizer, template, limits: {minPixels, maxPixels}, warn, model: await loadModel(checkpoint, options)}
}
