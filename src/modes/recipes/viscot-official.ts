// VisCoT's own evaluation, without a crop (its condition cot_direct) or with one by the box that the model answers
// (cot).
import type {Recipe} from './recipe.js'

export const viscotOfficial: Recipe = {
  name: 'viscot-official',
  title: "VisCoT's official evaluation, asked directly or, with --mode crop, by box and crop",
  source:
    'deepcs233/Visual-CoT: llava/eval/model_cot_loader.py, llava/eval/model_cot_det_loader.py, scripts/v1_5/eval/cot_benchmark.sh @ 83212ae474ab46b70048a6df6a386cff6589ff92',
  benchmarks: {viscot: {layouts: ['official']}},
  settings: {'prompt-style': 'viscot-official', mode: ['direct'], 'max-new-tokens': 128, temperature: 0},
  // The table of the paper is that of box and crop; asked directly is one of its ablations.
  also: {mode: ['crop']},
  differs: [
    'The original score comes from gpt-3.5-turbo-1106. To use the same judge, add --judge openai:gpt-3.5-turbo-1106. Without a judge the headline is `match`.',
    'With --mode crop the script stops at a box that it cannot read. Here what its loader has for that case is taken, the whole picture, and the row says how often.',
    'Its crops by the annotated, a random or the centre box (cot_gtbbox, cot_random, cot_center) and without the crop (cot_woimg) are not built.',
    'The line feed after <image> comes from the template of LLaVA, so this run does not send it.',
  ],
}
