// V*'s own evaluation: the option sentence with the highest likelihood after the question alone.
import type {Recipe} from './recipe.js'

export const vstarOfficial: Recipe = {
  name: 'vstar-official',
  title: "V*'s official evaluation: option likelihood after the question alone",
  source: 'penghao-wu/vstar: vstar_bench_eval.py @ 4ede6647959cfb59eeabd09286adf6a5f9478da0',
  benchmarks: {vstar: {layouts: ['official-json']}},
  settings: {'prompt-style': 'vstar-official', mode: ['direct'], 'max-new-tokens': 200, temperature: 0},
  differs: [
    'It scores the option sentences of the annotation files: give --data a folder without test_questions.jsonl. The lettered questions have short options.',
    'Its own model first answers freely, and searches the picture where it says that an object is missing; here the free answer is recorded and nothing is searched.',
    'It pads the picture to a square with the mean colour of CLIP, and counts the separator at the end as a token of the option.',
    'Endpoints must give the log-probabilities of a prompt (vLLM does); elsewhere every sample is an error.',
  ],
}
