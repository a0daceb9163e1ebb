// V*'s own evaluation: the option sentence with the highest likelihood after the question alone.
import type {Recipe} from './recipe.js'

export const vstarOfficial: Recipe = {
  name: 'vstar-official',
  title: "V*'s official evaluation: option likelihood after the question alone",
  source: 'penghao-wu/vstar: vstar_bench_eval.py @ 4ede6647959cfb59eeabd09286adf6a5f9478da0',
  benchmarks: {vstar: {layouts: ['official-json']}},
  settings: {'prompt-style': 'vstar-official', mode: ['direct'], 'max-new-tokens': 200, temperature: 0},
  differs: [
    'The original scores the option sentences of the annotation files. Give --data a folder without test_questions.jsonl, because the lettered questions in that file have short options.',
    'The original model first answers freely, and searches the picture where it says that an object is missing. This run records the free answer and searches nothing.',
    'The original pads the picture to a square with the mean colour of CLIP, and counts the separator at the end as a token of the option. This run does neither.',
    'The endpoint must return the log-probabilities of a prompt, as vLLM does. With other endpoints every sample is an error.',
  ],
}
