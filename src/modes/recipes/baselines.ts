// The text baselines of the latent methods: the models that they were trained from, asked by VLMEvalKit.
import {figures, swimbirdPaper} from './checkpoints.js'
import type {Recipe} from './recipe.js'
import {vlmevalkit} from './vlmevalkit.js'

const entries = 'open-compass/VLMEvalKit: vlmeval/config.py, vlmeval/dataset/image_mcq.py'

const qwen25: Recipe = {
  ...vlmevalkit,
  name: 'qwen2-5-vl-instruct',
  title: 'Qwen2.5-VL Instruct in the form of VLMEvalKit, answering directly',
  checkpoints: ['Qwen/Qwen2.5-VL-3B-Instruct', 'Qwen/Qwen2.5-VL-7B-Instruct'],
  also: {mode: ['text-cot']},
  figures: [
    ...figures(
      'arXiv 2605.30587 (ReGuLaR), table of 7B models',
      {'V*, 7B': 76.44, 'V* direct_attributes, 7B': 79.13, 'V* relative_position, 7B': 72.37, 'BLINK, 7B': 57.02},
      'secondHand',
    ),
    ...figures('arXiv 2601.10129 (LaViT)', {'MMVP, 3B': 62.3, 'MMVP, 7B': 66.7}, 'secondHand'),
  ],
}

const {'min-pixels': _min, 'max-pixels': _max, ...limitless} = vlmevalkit.settings

/** An entry for Qwen3-VL: the checkpoint's own limits of pixels, one resize, sampled. */
function qwen3(
  kind: 'instruct' | 'thinking',
  title: string,
  settings: Recipe['settings'],
  {differs, published}: {readonly differs: string[]; readonly published: Recipe['figures']},
): Recipe {
  const suffix = kind === 'instruct' ? 'Instruct' : 'Thinking'
  return {
    ...vlmevalkit,
    name: `qwen3-vl-${kind}`,
    title,
    source: `${entries} @ e8e78f05f3080fe28154f2130321f17951c3be94`,
    checkpoints: ['2B', '4B', '8B'].map(size => `Qwen/Qwen3-VL-${size}-${suffix}`),
    settings: {...limitless, ...settings, 'picture-fetch': 'none'},
    figures: published,
    differs: [...(vlmevalkit.differs ?? []), ...differs],
    secondHand: [
      'The values are those of its entries for the models of 235B and 30B, which stand in other copies of that file; those for 2B, 4B and 8B are taken to be the same.',
      "Its limits of pixels were not read; those of the checkpoint's processor are used.",
    ],
  }
}

export const textBaselines: readonly Recipe[] = [
  qwen25,
  qwen3(
    'instruct',
    'Qwen3-VL Instruct in the form of VLMEvalKit, answering directly',
    {'max-new-tokens': 16_384, temperature: 0.7, 'top-p': 0.8, 'top-k': 20},
    {
      differs: ['The original sets a presence penalty of 1.5, which this run does not have.'],
      published: figures(
        swimbirdPaper,
        {'V*, 8B': 83.8, 'HR-Bench 4K, 8B': 76.5, 'HR-Bench 8K, 8B': 71.3, 'MMStar, 8B': 64.7, 'RealWorldQA, 8B': 71.8},
        'secondHand',
      ),
    },
  ),
  qwen3(
    'thinking',
    'Qwen3-VL Thinking in the form of VLMEvalKit: a chain of thought, then the answer',
    {
      mode: ['text-cot'],
      'max-new-tokens': 40_960,
      temperature: 1,
      'top-p': 0.95,
      'top-k': 20,
      extractor: 'lantern-eval',
    },
    {
      differs: [
        'The original cuts the thought off and matches the rest exactly. The extractor named here leaves thoughts out by itself.',
      ],
      published: [],
    },
  ),
]
