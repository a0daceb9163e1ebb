// BLINK's own evaluation of GPT-4V.
import type {Recipe} from './recipe.js'

const source =
  'zeyofu/BLINK_Benchmark: eval/test_benchmark.py, eval/query_model.py @ 2d6a779be4aa1ad0d38d7aa539bcb43b6dd81592'

const settings = {
  mode: ['direct'],
  'max-new-tokens': 1024,
  temperature: 0,
  extractor: 'blink_official',
}

const differs = [
  'Where its rule finds no letter, the original asks gpt-3.5-turbo. To do the same, add --judge openai:gpt-3.5-turbo.',
  'The original saves every picture as JPEG before it is sent. This run sends the bytes of the data.',
  'For models with blip in their name, the original adds "\\nAnswer:" at the end. This run does not.',
  'The published numbers were measured with the old labels of Relative_Reflectance.',
]

export const blinkOfficial: Recipe = {
  name: 'blink-official',
  title: "BLINK's official evaluation",
  source,
  benchmarks: {blink: {layouts: ['parquet']}},
  settings: {'prompt-style': 'blink-official', ...settings},
  differs,
}

export const blinkOfficialOnePicture: Recipe = {
  name: 'blink-official-one-picture',
  title: "BLINK's official evaluation for models that take one picture",
  source,
  benchmarks: {blink: {layouts: ['parquet']}},
  settings: {'prompt-style': 'blink-official-one-picture', ...settings},
  differs,
}
