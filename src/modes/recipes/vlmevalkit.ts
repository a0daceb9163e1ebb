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
  'The extractor is its exact matching. By default it asks gpt-4o-mini where that finds nothing: add --judge openai:gpt-4o-mini.',
  'Its question is the `question` column of its own TSV: give that file as --data. Its score is `micro`.',
  'It sets the repetition penalty to 1; here that of the checkpoint holds.',
]

export const vlmevalkit: Recipe = {
  name: 'vlmevalkit',
  title: 'VLMEvalKit: BLINK, VStarBench',
  source,
  benchmarks: {
    blink: {layouts: ['vlmevalkit-tsv']},
    vstar: {layouts: ['vlmevalkit-tsv', 'parquet', 'official-questions']},
  },
  settings: {'prompt-style': 'vlmevalkit', ...settings},
  differs,
}

export const vlmevalkitOnePicture: Recipe = {
  name: 'vlmevalkit-one-picture',
  title: 'VLMEvalKit: BLINK for models that take one picture',
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
    'It saves the row of pictures as JPEG; here it is a PNG, resized by another bicubic filter of the same kind.',
    'Limits of tokens and pixels are those of its entry for the model: 2048 stands for them.',
  ],
}
