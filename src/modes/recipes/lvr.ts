// LVR's evaluation of its own checkpoints.
import type {Recipe} from './recipe.js'

export const lvr: Recipe = {
  name: 'lvr',
  title: "LVR's evaluation: five subtasks of BLINK, and V*",
  source: 'VincentLeebang/lvr: evaluation/evaluation.py @ 637a9f7e17e865b1372b65f182197fbc4a5a1449',
  benchmarks: {
    blink: {
      layouts: ['parquet'],
      subtasks: ['Counting', 'IQ_Test', 'Jigsaw', 'Relative_Reflectance', 'Spatial_Relation'],
    },
    vstar: {layouts: ['parquet', 'official-questions']},
  },
  settings: {
    'prompt-style': 'lvr',
    mode: ['latent'],
    protocol: 'lvr',
    'max-new-tokens': 512,
    temperature: 0,
    extractor: 'lvr',
  },
  differs: [
    'The original samples as the generation config of the checkpoint says. This run takes the likeliest token.',
    'The original reports several numbers of latent steps. Choose one with --latent-size.',
  ],
}
