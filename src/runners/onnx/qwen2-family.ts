// What Qwen2-VL and Qwen2.5-VL have in common: the decoder, and how pictures are prepared.
import {fetchLimits} from '../smart-resize.js'
import type {PublishedPictures, TieFlags} from './architecture.js'
import type {TextOptions} from './checkpoint/text-config.js'

export const qwen2Text: TextOptions = {
  attentionBiases: ['q', 'k', 'v'],
  queryKeyNorm: false,
  mropeInterleaved: false,
  ropeTheta: 1e6,
  mropeSection: [16, 24, 24],
  deepstack: 0,
}

/**
 * The value at the root is used: tools that changed one of the two left the nested copy at its default. If there is
 * none, the head is tied exactly if it was not saved.
 */
export function qwen2TiedHead({root, text}: TieFlags, saved: boolean): boolean {
  return root ?? text ?? !saved
}

/**
 * Mean and deviation are the defaults of huggingface/transformers: models/qwen2_vl/image_processing_qwen2_vl.py. The
 * limits are not those of the class but the published ones (Qwen/Qwen2.5-VL-3B-Instruct: preprocessor_config.json),
 * which are also those of qwen-vl-utils.
 */
export const qwen2Pictures: PublishedPictures = {
  limits: fetchLimits(28),
  limitsAs: '4 x 28 x 28 and 16384 x 28 x 28',
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
  fetch: 'by-28',
}
