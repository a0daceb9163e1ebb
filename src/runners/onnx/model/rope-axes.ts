// Which axis of the positions each rotary frequency of the decoder follows.
import type {TextConfig} from '../types.js'

/** Time, row, column. */
export type RopeAxis = 0 | 1 | 2

/**
 * [headDim / 2]. In sections: the first frequencies follow the time, the next the row, the rest the column
 * (huggingface/transformers: modeling_qwen2_5_vl.py, apply_multimodal_rotary_pos_emb). Interleaved: of three, the
 * second follows the row and the third the column as long as their sections last, all others the time
 * (modeling_qwen3_vl.py, apply_interleaved_mrope).
 */
export function ropeAxes({
  headDim,
  mropeSection: [time, row, column],
  mropeInterleaved,
}: Pick<TextConfig, 'headDim' | 'mropeSection' | 'mropeInterleaved'>): RopeAxis[] {
  return Array.from({length: headDim / 2}, (_, j) => {
    if (!mropeInterleaved) return j < time ? 0 : j < time + row ? 1 : 2
    if (j % 3 === 1 && j < 3 * row) return 1
    return j % 3 === 2 && j < 3 * column ? 2 : 0
  })
}
