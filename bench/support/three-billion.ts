// A random checkpoint with the sizes of LanteRn-3B (Qwen2.5-VL-3B): 3.75 billion parameters in bf16, 7.5 GB.
import {tinySizes, writeTinyCheckpoint} from '../../test/support/tiny-checkpoint.js'

/** Sizes from Qwen/Qwen2.5-VL-3B-Instruct: config.json. */
const threeBillion = {
  text: {
    ...tinySizes.text,
    layers: 36,
    hidden: 2048,
    heads: 16,
    kvHeads: 2,
    headDim: 128,
    intermediate: 11_008,
    vocabulary: 151_936,
    mropeSection: [16, 24, 24] as const,
  },
  vision: {
    ...tinySizes.vision,
    depth: 32,
    hidden: 1280,
    heads: 16,
    intermediate: 3420,
    window: 112,
    fullAttentionBlocks: [7, 15, 23, 31],
  },
  type: 'BF16' as const,
  shards: 2,
}

/** Writes it to `dir`, one piece in memory at a time. */
export async function writeThreeBillion(dir: string): Promise<void> {
  await writeTinyCheckpoint(dir, threeBillion)
}
