// VisCoT's own evaluation without a crop (its condition cot_direct).
import type {Recipe} from './recipe.js'

export const viscotOfficial: Recipe = {
  name: 'viscot-official',
  title: "VisCoT's official evaluation, asked directly",
  source:
    'deepcs233/Visual-CoT: llava/eval/model_cot_loader.py, scripts/v1_5/eval/cot_benchmark.sh @ 83212ae474ab46b70048a6df6a386cff6589ff92',
  benchmarks: {viscot: {layouts: ['official']}},
  settings: {'prompt-style': 'viscot-official', mode: ['direct'], 'max-new-tokens': 128, temperature: 0},
  differs: [
    'The original score comes from gpt-3.5-turbo-1106. To use the same judge, add --judge openai:gpt-3.5-turbo-1106. Without a judge the headline is `match`.',
    'Its two turns with a box and a crop (cot, cot_gtbbox, cot_random, cot_center, cot_woimg) are not built: a prompt here is one turn, and no request may follow from an answer.',
    'The line feed after <image> comes from the template of LLaVA, so this run does not send it.',
  ],
}
