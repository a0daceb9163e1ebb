// LanteRn's evaluation of its own checkpoints: the bare question, as in training.
import {patches, type Recipe} from './recipe.js'

export const lantern: Recipe = {
  name: 'lantern',
  title: "LanteRn's evaluation: VisCoT with four options, two subtasks of BLINK, and V*",
  source:
    'GuilhermeViveiros/LanteRn: evals/viscot_blink_vstar_eval.py, src/utils.py @ 65f64b237fbfd910fd7bad88a6d6a8d910b6b532',
  benchmarks: {
    viscot: {layouts: ['four-options'], settings: {extractor: 'lantern_opts'}},
    blink: {
      subtasks: ['Object_Localization', 'Spatial_Relation'],
      layouts: ['parquet'],
      settings: {extractor: 'lantern_opts'},
    },
    vstar: {layouts: ['parquet', 'official-questions'], settings: {extractor: 'lantern_noopts'}},
  },
  settings: {
    'prompt-style': 'lantern',
    mode: ['latent'],
    protocol: 'lantern',
    // LanteRn's script overrides the checkpoint's value with 8.
    'latent-size': 8,
    'max-new-tokens': 512,
    temperature: 0,
    'min-pixels': patches(256),
    'max-pixels': patches(3500),
  },
  differs: [
    'The original runs in bf16. This run uses fp32 on cpu and fp16 on cuda.',
    'The original scores its own VisCoT file with four options (viscot_mc_test.jsonl), not the official VisCoT. Give its folder with --data; --image-root says where its absolute picture paths are found.',
    'The original BLINK score is the mean over the samples of both subtasks. Compare it with `micro`, not with the headline.',
    'The original reads an answer that uses all 512 tokens. This run counts it as `truncated` unless it contains a closed <answer>.',
  ],
}
