// VLMEvalKit's multiple choice, with the pictures and limits of its Qwen2.5-VL entries.
import {patches, type Recipe} from './recipe.js'

const source =
  'open-compass/VLMEvalKit: vlmeval/dataset/image_mcq.py, vlmeval/config.py, vlmeval/vlm/qwen2_vl/model.py @ e8e78f05f3080fe28154f2130321f17951c3be94'

const settings = {
  mode: ['direct'],
  'max-new-tokens': 2048,
  // Its temperature of 0.01 with top-k 1 is also greedy decoding.
  temperature: 0,
  'min-pixels': patches(1280),
  'max-pixels': patches(16_384),
  extractor: 'vlmevalkit_exact',
}

const differs = [
  'The extractor is the exact matching of the original. Where that finds nothing, the original asks gpt-4o-mini by default. To do the same, add --judge openai:gpt-4o-mini.',
  'The original takes the question from its own TSV file. Give that file with --data. Except for MMVP and CV-Bench, the original score is `micro`.',
  'The original sets the repetition penalty to 1. This run uses that of the checkpoint.',
]

export const vlmevalkit: Recipe = {
  name: 'vlmevalkit',
  title: "VLMEvalKit's multiple choice: BLINK, VStarBench, HRBench4K and 8K, MMVP, MMStar, RealWorldQA, CV-Bench",
  source,
  benchmarks: {
    blink: {layouts: ['vlmevalkit-tsv']},
    vstar: {layouts: ['vlmevalkit-tsv', 'parquet', 'official-questions']},
    // The hub's tables of HR-Bench are those of VLMEvalKit under another name.
    'hrbench-4k': {layouts: ['vlmevalkit-tsv', 'hub-tsv', 'parquet']},
    'hrbench-8k': {layouts: ['vlmevalkit-tsv', 'hub-tsv', 'parquet']},
    mmvp: {layouts: ['vlmevalkit-tsv']},
    mmstar: {layouts: ['vlmevalkit-tsv']},
    realworldqa: {layouts: ['vlmevalkit-tsv']},
    'cv-bench': {layouts: ['vlmevalkit-tsv', 'parquet']},
  },
  settings: {'prompt-style': 'vlmevalkit', ...settings},
  differs,
}

export const vlmevalkitOnePicture: Recipe = {
  name: 'vlmevalkit-one-picture',
  title: "VLMEvalKit's BLINK for models that take one picture",
  source: `${source}; vlmeval/smp/vlm.py (concat_images_vlmeval)`,
  benchmarks: {blink: {layouts: ['vlmevalkit-tsv']}},
  // VLMEvalKit's limits for these belong to another model, so none is set.
  settings: {
    'prompt-style': 'vlmevalkit-one-picture',
    mode: ['direct'],
    'max-new-tokens': 2048,
    temperature: 0,
    extractor: 'vlmevalkit_exact',
  },
  differs: [
    ...differs,
    'The original saves the row of pictures as JPEG. This run sends a PNG, resized with a different bicubic filter.',
    'The original takes the limits of tokens and pixels from its entry for the model. This run uses 2048 new tokens for all.',
  ],
}
