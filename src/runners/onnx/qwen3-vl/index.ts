// Qwen3-VL, the dense sizes: SwimBird and others derive from it.
import type {Architecture} from '../architecture.js'
import {type Qwen3Vision, readConfig, tiedHead, visionTensors} from './config.js'
import {visionGraph} from './vision-graph.js'
import {visionPlan} from './vision-plan.js'

export const qwen3Vl: Architecture<Qwen3Vision> = {
  modelType: 'qwen3_vl',
  name: 'Qwen3-VL',
  // Qwen/Qwen3-VL-4B-Instruct: preprocessor_config.json. The official code resizes once (QwenLM/Qwen3-VL: README.md).
  pictures: {
    limits: {minPixels: 64 * 32 * 32, maxPixels: 16384 * 32 * 32},
    limitsAs: '64 x 32 x 32 and 16384 x 32 x 32',
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
    fetch: 'none',
  },
  readConfig,
  tiedHead,
  visionTensors,
  visionGraph,
  visionPlan,
}
