// LVR's evaluation of its own checkpoints.
import type {Recipe} from './recipe.js'

export const lvr: Recipe = {
  name: 'lvr',
  title: "LVR's evaluation: five subtasks of BLINK, V*",
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
    'It samples as the generation config of the checkpoint says; here the likeliest token is taken.',
    'It reports several numbers of latent steps: say which with --latent-size.',
  ],
}
