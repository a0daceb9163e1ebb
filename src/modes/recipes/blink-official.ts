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
  'Where its rule finds no letter it asks gpt-3.5-turbo: add --judge openai:gpt-3.5-turbo.',
  'It saves every picture as JPEG first; here the bytes of the data are sent.',
  'Models with blip in their name get "\\nAnswer:" at the end there.',
  'Its published numbers hold for the old Relative_Reflectance labels.',
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
