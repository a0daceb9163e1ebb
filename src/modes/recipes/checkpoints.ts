// Recipes of published checkpoints: what their authors' evaluations send, one for each. Where a fact could not be read
// in the public code, `secondHand` says so.
import {lantern} from './lantern.js'
import {lvr} from './lvr.js'
import {patches, type Recipe} from './recipe.js'

const fiveSubtasks = ['Counting', 'IQ_Test', 'Jigsaw', 'Relative_Reflectance', 'Spatial_Relation']
const blink = {layouts: ['parquet'], subtasks: fiveSubtasks}
const vstar = {layouts: ['parquet', 'official-questions']}

const bf16 = 'The original runs in bf16. This run uses fp32 on cpu and fp16 on cuda.'
const fromConfig =
  'The original decodes as the generation config of the checkpoint says. This run takes the likeliest token, with the repetition penalty of that config.'
const marks = (how: string) => `The original reads the answer ${how}. This run uses the extractor named here.`

const laser: Recipe = {
  name: 'laser-7b',
  title: 'Laser-7B as its authors ask it: BLINK, dynamic latents of at most 8',
  source:
    'ybb6/laser: evaluation/bench_func.py, evaluation/evaluation_local.py, src/model/qwen_laser_model.py @ 204163e',
  checkpoints: ['wybb/laser-7b'],
  benchmarks: {blink},
  settings: {
    'prompt-style': 'laser',
    mode: ['latent'],
    protocol: 'laser',
    'latent-size': 8,
    'latent-dtype': 'bf16',
    'max-new-tokens': 32,
    temperature: 0,
    extractor: 'lvr',
  },
  also: {'latent-size': [16]},
  differs: [
    bf16,
    fromConfig,
    marks('after the last <answer>, by the last of its final ten words that is a lone letter'),
  ],
}

const realvr: Recipe = {
  name: 'realvr-7b',
  title: 'ReaLVR as its authors ask it: BLINK, one span of 8 latents',
  source: 'xixiaouab/ReaLVR-code: eval/evaluate.py, realvr/model/qwen_lvr.py @ cc314b7',
  checkpoints: ['MarkShaw99/ReaLVR'],
  benchmarks: {blink},
  settings: {
    'prompt-style': 'realvr',
    mode: ['latent'],
    protocol: 'realvr',
    'latent-size': 8,
    'latent-dtype': 'bf16',
    'max-new-tokens': 128,
    temperature: 0,
    extractor: 'lvr',
  },
  differs: [bf16, marks('after the first <answer>, where a phrase is matched with the options')],
  secondHand: ['The weights were announced and not published when this was read.'],
}

const hylar: Recipe = {
  name: 'hylar-7b',
  title: 'HyLaR-Qwen2.5-VL-7B as its authors ask it: the question of V* alone, blocks of 32',
  source: 'EthenCheng/HyLaR: Evaluate/eval_HyLar.py, SFT/src/model/canvas.py @ 8105a5b',
  checkpoints: ['TencentBAC/HyLaR-Qwen2.5-VL-7B'],
  benchmarks: {vstar},
  settings: {
    'prompt-style': 'lantern',
    mode: ['latent'],
    protocol: 'hylar',
    'latent-size': 32,
    'latent-dtype': 'bf16',
    'max-new-tokens': 1024,
    temperature: 0,
    'min-pixels': patches(128),
    'max-pixels': patches(5120),
    extractor: 'lvr',
    'picture-fetch': 'none',
  },
  also: {'max-pixels': patches(16_384)},
  differs: [
    bf16,
    marks('in <answer> and has a language model judge it'),
    'Its --max_latent_steps is read by nothing: the budget is twice the canvas_token_num of the config.',
  ],
  secondHand: ['The text of a V* question is taken to be that of the data without its instruction.'],
}

const swimbird: Recipe = {
  name: 'swimbird-8b',
  title: 'SwimBird-8B in the form of VLMEvalKit, blocks of 64',
  source:
    'Accio-Lab/SwimBird: VLMEvalKit/vlmeval/config.py, vlmeval/vlm/swimbird/prompt.py, src/model/swimbird.py @ 6aa2cc3',
  checkpoints: ['Accio-Lab/SwimBird-8B'],
  benchmarks: {vstar: {layouts: ['vlmevalkit-tsv', ...vstar.layouts]}},
  settings: {
    'prompt-style': 'vlmevalkit',
    mode: ['latent'],
    protocol: 'swimbird',
    'latent-size': 64,
    'latent-dtype': 'bf16',
    'max-new-tokens': 8192,
    temperature: 0.7,
    'top-p': 0.8,
    'top-k': 20,
    'min-pixels': patches(1280),
    'max-pixels': patches(16_384),
    // Its evaluator does not tell qwen-vl-utils the size of a patch, but hands its limits to it.
    'picture-fetch': 'by-28-limited',
    extractor: 'lvr',
  },
  differs: [
    bf16,
    'The original sends a long system message about its two modes, which is not part of this recipe. Add it with --system.',
    'The original puts an instruction of its own for each benchmark after the options; this one is that of VLMEvalKit.',
    marks('in the first <answer>, or all of the text, and has a language model judge it'),
  ],
  secondHand: ['Temperature, top-p and top-k are those of the generation config of Qwen3-VL-8B-Instruct.'],
}

const colt: Recipe = {
  name: 'colt-8b',
  title: 'CoLT-8B in the form of VLMEvalKit, four latents after the prompt',
  source:
    'hulianyuyy/CoLT: Evaluation/VLMEvalKit/vlmeval/config.py, transformers-4.57.0/src/transformers/models/qwen3_vl/modeling_qwen3_vl.py @ 331cc78',
  checkpoints: ['hulianyuyy/CoLT-8B'],
  benchmarks: {vstar: {layouts: ['vlmevalkit-tsv', ...vstar.layouts]}},
  settings: {
    'prompt-style': 'vlmevalkit',
    mode: ['latent'],
    protocol: 'colt',
    'latent-dtype': 'bf16',
    'max-new-tokens': 256,
    temperature: 0.6,
    'top-k': 20,
    'max-pixels': 256 * 1024,
    extractor: 'vlmevalkit_exact',
  },
  differs: [
    bf16,
    'The original always samples, whatever its arguments say.',
    'The original sends a system message about the format of thinking and answer, which is not part of this recipe. Add it with --system.',
  ],
}

const univlr: Recipe = {
  name: 'univlr-7b',
  title: 'UniVLR-7B in the form of VLMEvalKit, one block of 24 slots',
  source: 'Warrenustc1958/UniVLR: VLMEvalKit/vlmeval/vlm/qwen2_vl/univlr.py, src/model/qwen_univlr_model.py @ 8873cdc',
  checkpoints: ['Warrenustc1958/UniVLR-Stage1-7B', 'Warrenustc1958/UniVLR-Stage2-7B'],
  benchmarks: {vstar: {layouts: ['vlmevalkit-tsv', ...vstar.layouts]}},
  settings: {
    'prompt-style': 'vlmevalkit',
    mode: ['latent'],
    protocol: 'univlr',
    'latent-size': 24,
    'latent-dtype': 'bf16',
    'max-new-tokens': 512,
    temperature: 0,
    extractor: 'vlmevalkit_exact',
  },
  also: {'latent-size': [12]},
  differs: [
    bf16,
    fromConfig,
    "The original's script asks for two blocks, its config for one. For two, give a protocol file with maxBlocks 2.",
    'The checkpoints are on ModelScope, not on the hub: give a folder.',
  ],
}

const mull: Recipe = {
  name: 'mull-7b',
  title: 'Mull-Tokens as its authors show it: 20 latent tokens after the prompt',
  source: 'arijitray1993/mull: README.md, lmms-eval/lmms_eval/models/chat/qwen2_5_vl_mmlatentdiscrete.py @ f05a75c',
  checkpoints: ['array/Qwen2.5-VL-Mull', 'array/Qwen2.5-VL-MullGRPO'],
  benchmarks: {blink: {layouts: ['parquet'], subtasks: ['IQ_Test', 'Spatial_Relation']}},
  settings: {
    'prompt-style': 'mull',
    mode: ['latent'],
    protocol: 'mull',
    'max-new-tokens': 512,
    temperature: 0,
    'max-pixels': 12_845_056,
    extractor: 'lvr',
  },
  differs: [
    bf16,
    'The original deletes every <|im_end|> and its line feed from the prompt, that of the user turn too. This run keeps it.',
  ],
  secondHand: [
    'How a BLINK question is written before the sentences of the README is taken from the prompt of the data.',
  ],
}

const lavit: Recipe = {
  name: 'lavit-3b',
  title: 'LaViT-3B as its authors ask it: the prompt of the data, plain decoding',
  source: 'Svardfox/LaViT: evaluation/utils/evaluator.py, adapters.py, answer_checker.py @ 26bf182',
  checkpoints: ['Svard/LaViT-3B'],
  benchmarks: {blink: {layouts: ['parquet']}, vstar},
  settings: {
    'prompt-style': 'lavit',
    mode: ['direct'],
    'max-new-tokens': 512,
    temperature: 0,
    extractor: 'lantern-eval',
    'picture-fetch': 'none',
  },
  also: {mode: ['latent'], protocol: 'lavit'},
  differs: [
    bf16,
    fromConfig,
    'Its --force_lvr never reaches the model, and cuts the first four generated tokens. With --mode latent --protocol lavit the four tokens are really sent.',
    marks('by the last letter in brackets, then by phrases, then by the last lone letter'),
  ],
}

const lvr7b: Recipe = {
  ...lvr,
  name: 'lvr-7b',
  title: 'LVR-7B as its authors ask it: five subtasks of BLINK, and V*, with 8 latent steps',
  checkpoints: ['vincentleebang/LVR-7B'],
  settings: {...lvr.settings, 'latent-size': 8, 'latent-dtype': 'bf16'},
  also: {'latent-size': [4, 16]},
  differs: [bf16, fromConfig],
}

const lantern3b: Recipe = {
  ...lantern,
  name: 'lantern-3b',
  title: 'LanteRn-3B as its authors ask it: VisCoT with four options, two subtasks of BLINK, and V*',
  checkpoints: ['AGViveiros/LanteRn-3B-SFT', 'AGViveiros/LanteRn-3B-RL', 'AGViveiros/LanteRn-3B-Tetris'],
  settings: {...lantern.settings, 'latent-dtype': 'bf16'},
}

const monetSystem =
  'You are a helpful multimodal assistant. You are required to answer the question based on the image provided. Put your final answer in \\boxed{}.'

const monet: Recipe = {
  name: 'monet-7b',
  title: 'Monet-7B by its vLLM runner: V*, 10 latents',
  source: 'NOVAglow646/Monet: inference/vllm/monet_gpu_model_runner.py, inference/vllm_inference_example.py @ 211a8f8',
  checkpoints: ['NOVAglow646/Monet-7B'],
  benchmarks: {vstar},
  settings: {
    'prompt-style': 'lantern',
    system: monetSystem,
    mode: ['latent'],
    protocol: 'monet',
    'latent-size': 10,
    'latent-dtype': 'bf16',
    'max-new-tokens': 4096,
    temperature: 0.1,
    'top-p': 0.8,
    'top-k': 50,
    'min-pixels': patches(256),
    'max-pixels': patches(8192),
    extractor: 'lantern-eval',
  },
  differs: [
    bf16,
    'The example of the original sets the repetition penalty to 1.01. This run uses that of the checkpoint.',
    'The published figures come from VLMEvalKit with a judge.',
  ],
  secondHand: ['That V* is asked with the text of the data alone, and the system message.'],
}

const capimagine: Recipe = {
  name: 'capimagine-7b',
  title: "CapImagine-7B, Monet's twin that imagines in words: V* in the form of VLMEvalKit, no latents",
  source: 'Michael4933/CapImagine: README.md @ ffbd10e',
  checkpoints: ['Michael4933/CapImagine-7B'],
  benchmarks: {vstar: {layouts: ['vlmevalkit-tsv', ...vstar.layouts]}},
  settings: {
    'prompt-style': 'vlmevalkit',
    mode: ['text-cot'],
    'max-new-tokens': 2048,
    temperature: 0,
    'min-pixels': patches(1280),
    'max-pixels': patches(16_384),
    extractor: 'vlmevalkit_exact',
  },
  differs: [bf16, 'The published figures come from VLMEvalKit with a judge.'],
  secondHand: ['Its evaluation is taken to be that of VLMEvalKit for Qwen2.5-VL; its own script was not found.'],
}

export const checkpointRecipes: readonly Recipe[] = [
  laser,
  realvr,
  hylar,
  swimbird,
  colt,
  univlr,
  mull,
  lavit,
  lvr7b,
  lantern3b,
  monet,
  capimagine,
]
