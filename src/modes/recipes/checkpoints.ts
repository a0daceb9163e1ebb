// Recipes of published checkpoints: what their authors' evaluations send, one for each. Where a fact could not be read
// in the public code, `secondHand` says so.
import {lantern} from './lantern.js'
import {lvr} from './lvr.js'
import {patches, type Recipe} from './recipe.js'

type Figures = NonNullable<Recipe['figures']>

/** Figures of one source: `{'V*': 80.1}`. */
export function figures(
  source: string,
  percents: Readonly<Record<string, number>>,
  secondHand?: 'secondHand',
): Figures {
  return Object.entries(percents).map(([of, percent]) => ({of, percent, source, ...(secondHand && {secondHand: true})}))
}

/** Tables of other papers and projects that compare several methods. */
const regular = 'arXiv 2605.30587 (ReGuLaR), table of 7B models'
const lavitPaper = 'arXiv 2601.10129 (LaViT)'
export const swimbirdPaper = 'arXiv 2602.06040 (SwimBird), tables 2 and 3'
const univlrReadme = 'Warrenustc1958/UniVLR: README.md @ 0e6f74a'

const fiveSubtasks = ['Counting', 'IQ_Test', 'Jigsaw', 'Relative_Reflectance', 'Spatial_Relation']
const blink = {layouts: ['parquet'], subtasks: fiveSubtasks}
const vstar = {layouts: ['parquet', 'official-questions']}

/** Sets of VLMEvalKit, whose prompt is the same for all of them. */
const highResolution = {
  vstar: {layouts: ['vlmevalkit-tsv', ...vstar.layouts]},
  'hrbench-4k': {layouts: ['vlmevalkit-tsv', 'hub-tsv', 'parquet']},
  'hrbench-8k': {layouts: ['vlmevalkit-tsv', 'hub-tsv', 'parquet']},
}
const tsv = {layouts: ['vlmevalkit-tsv']}

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
    extractor: 'laser',
  },
  also: {'latent-size': [16]},
  figures: figures(regular, {'V*': 80.1, 'BLINK, 14 subtasks': 58.55}, 'secondHand'),
  differs: [bf16, fromConfig],
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
    extractor: 'realvr',
  },
  figures: figures('arXiv 2609.34563 (ReaLVR), means of three seeds', {
    'BLINK, five subtasks': 55.8,
    MMVP: 72,
    'HR-Bench 4K': 71.8,
    'HR-Bench 8K': 66.6,
    'MME-RealWorld-Lite': 52.2,
  }),
  differs: [bf16, 'The original takes the options from its prompt, this run from the data.'],
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
  figures: [],
  differs: [
    bf16,
    marks('in <answer> and has a language model judge it'),
    'Its --max_latent_steps is read by nothing: the budget is twice the canvas_token_num of the config.',
  ],
  secondHand: ['The text of a V* question is taken to be that of the data without its instruction.'],
}

/** Words of figure 6 of arXiv 2602.06040; line feeds and marks as in tools that were derived from its code. */
const swimbirdSystem = [
  'You are a multimodal reasoning assistant capable of thinking in textual and visual modes.',
  '',
  '',
  'Use the following tags to switch your thinking mode:',
  '',
  '1.  **Textual Mode**: `<reason>Your textual reasoning process</reason>`',
  '    *   For logical analysis, planning, and verbal thought.',
  '',
  '2.  **Visual Mode**: `<|latent_start|>Your visual reasoning process<|latent_end|>`',
  '    *   For mental visualization, imagination and simulation.',
  '',
  '',
  '**Output Rules**:',
  '*   Depending on the problem, you can use: textual reasoning only, visual reasoning only, or a mix of both (alternating multiple times as needed).',
  '*   After all thinking is complete, place the final answer inside `<answer>Your Final Answer</answer>`.',
  '',
].join('\n')

const swimbird: Recipe = {
  name: 'swimbird-8b',
  title: 'SwimBird-8B in the form of VLMEvalKit, blocks of 64',
  source:
    'Accio-Lab/SwimBird: VLMEvalKit/vlmeval/config.py, vlmeval/vlm/swimbird/prompt.py, src/model/swimbird.py @ 6aa2cc3',
  checkpoints: ['Accio-Lab/SwimBird-8B'],
  benchmarks: {...highResolution, mmstar: tsv, realworldqa: tsv},
  settings: {
    'prompt-style': 'vlmevalkit',
    system: swimbirdSystem,
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
    // It does not tell qwen-vl-utils the size of a patch, but hands its limits to it.
    'picture-fetch': 'by-28-limited',
    extractor: 'lvr',
  },
  figures: figures(swimbirdPaper, {
    'V*': 85.5,
    'HR-Bench 4K': 79,
    'HR-Bench 8K': 74.9,
    MMStar: 71.2,
    RealWorldQA: 73.1,
  }),
  differs: [
    bf16,
    'The original puts an instruction of its own for each benchmark after the options; this one is that of VLMEvalKit.',
    marks('in the first <answer>, or all of the text, and has a language model judge it'),
  ],
  secondHand: [
    'Temperature, top-p and top-k are those of the generation config of Qwen3-VL-8B-Instruct.',
    'The words of the system message are those of figure 6 of arXiv 2602.06040. Its line feeds and marks are those of Future-L1, which is derived from it; the file itself was not read.',
  ],
}

/** The entry Qwen3-VL-8B-Instruct-COLT of its vlmeval/config.py. */
const coltSystem =
  'Please answer this question based on the visual content.Provide your thinking process between the <think> and </think> tags, and then give your final answer between the <answer> and </answer> tags.At the end, you must output the final answer in the format:\n<think>\nyour_thinking_process\n</think>\n\n<answer>\nyour_answer_here\n</answer>\n\n'

const colt: Recipe = {
  name: 'colt-8b',
  title: 'CoLT-8B in the form of VLMEvalKit, four latents after the prompt',
  source:
    'hulianyuyy/CoLT: Evaluation/VLMEvalKit/vlmeval/config.py, transformers-4.57.0/src/transformers/models/qwen3_vl/modeling_qwen3_vl.py @ 331cc78',
  checkpoints: ['hulianyuyy/CoLT-8B'],
  benchmarks: {vstar: {layouts: ['vlmevalkit-tsv', ...vstar.layouts]}},
  settings: {
    'prompt-style': 'vlmevalkit',
    system: coltSystem,
    mode: ['latent'],
    protocol: 'colt',
    'latent-dtype': 'bf16',
    'max-new-tokens': 256,
    temperature: 0.6,
    'top-k': 20,
    'max-pixels': 256 * 1024,
    extractor: 'lantern-eval',
  },
  figures: figures('hulianyuyy/CoLT: README.md @ 24ab450', {'mean of eight benchmarks, V* not among them': 79.1}),
  differs: [
    bf16,
    'The entry of the original asks for greedy decoding and 8192 new tokens. Its model always samples, and ends after 256.',
    marks('by what follows the last \\boxed{, if there is one, and by exact matching'),
  ],
}

const univlr: Recipe = {
  name: 'univlr-7b',
  title: 'UniVLR-7B in the form of VLMEvalKit, one block of 24 slots',
  source: 'Warrenustc1958/UniVLR: VLMEvalKit/vlmeval/vlm/qwen2_vl/univlr.py, src/model/qwen_univlr_model.py @ 8873cdc',
  checkpoints: ['Warrenustc1958/UniVLR-Stage1-7B', 'Warrenustc1958/UniVLR-Stage2-7B'],
  benchmarks: highResolution,
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
  also: {'latent-size': [12], protocol: 'univlr-2'},
  figures: figures(`${univlrReadme}, 12 latents`, {
    'V*': 82.7,
    'HR-Bench 4K': 73.3,
    'HR-Bench 8K': 68.8,
    'MME-RealWorld-Lite': 50.7,
  }),
  differs: [
    bf16,
    fromConfig,
    'The config of the original asks for one block (univlr_steps 1), its script for two: --protocol univlr-2. Its README gives 12 and means latents; in the code of this strategy univlr_steps counts blocks.',
    'The original cuts blocks and marker tokens out of the answer before it is read.',
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
  figures: figures('arXiv 2605.21642 (Ablate-to-Validate)', {'BLINK, latents left as they are': 63.71}, 'secondHand'),
  differs: [bf16, 'The example of the original shows no parser; that of LVR reads what stands in <answer>.'],
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
    extractor: 'lavit',
    'picture-fetch': 'none',
  },
  also: {mode: ['latent'], protocol: 'lavit'},
  figures: figures(lavitPaper, {
    'BLINK Relative_Depth': 78.2,
    'BLINK IQ_Test': 32,
    'BLINK Relative_Reflectance': 45.5,
    'BLINK Spatial_Relation': 81.8,
    'V* direct_attributes': 82.6,
    MMVP: 67.3,
  }),
  differs: [
    bf16,
    fromConfig,
    'Its --force_lvr never reaches the model, and cuts the first four generated tokens. With --mode latent --protocol lavit the four tokens are really sent.',
  ],
}

const lvr7b: Recipe = {
  ...lvr,
  name: 'lvr-7b',
  title: 'LVR-7B as its authors ask it: five subtasks of BLINK, and V*, with 8 latent steps',
  checkpoints: ['vincentleebang/LVR-7B'],
  settings: {...lvr.settings, 'latent-size': 8, 'latent-dtype': 'bf16'},
  also: {'latent-size': [4, 16]},
  figures: [
    ...figures(
      'cited for the paper, arXiv 2509.24251',
      {'V*, 4 latents': 81.2, 'V*, 8 latents': 81.7, 'V*, 16 latents': 80.6},
      'secondHand',
    ),
    ...figures(
      lavitPaper,
      {'BLINK Relative_Reflectance': 42.5, 'BLINK Spatial_Relation': 89.5, MMVP: 72},
      'secondHand',
    ),
  ],
  differs: [bf16, fromConfig],
}

const lantern3b: Recipe = {
  ...lantern,
  name: 'lantern-3b',
  title: 'LanteRn-3B as its authors ask it: VisCoT with four options, two subtasks of BLINK, and V*',
  checkpoints: ['AGViveiros/LanteRn-3B-SFT', 'AGViveiros/LanteRn-3B-RL', 'AGViveiros/LanteRn-3B-Tetris'],
  settings: {...lantern.settings, 'latent-dtype': 'bf16'},
  figures: figures(
    'public git history of GuilhermeViveiros/LanteRn, SFT with K = 8; the tables of the paper were not found',
    {'VisCoT with four options': 79.7, 'BLINK, two subtasks': 62.3, 'V*': 63.9},
    'secondHand',
  ),
}

const monetSystem =
  'You are a helpful multimodal assistant. You are required to answer the question based on the image provided. Put your final answer in \\boxed{}.'

const monet: Recipe = {
  name: 'monet-7b',
  title: 'Monet-7B by its vLLM runner: V*, 10 latents',
  source:
    'NOVAglow646/Monet: README.md, inference/vllm/monet_gpu_model_runner.py, inference/vllm_inference_example.py @ 211a8f8',
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
  figures: [
    ...figures(
      'cited for the paper, arXiv 2511.21395',
      {'V*': 83.3, 'HR-Bench 4K': 71, 'HR-Bench 8K': 68},
      'secondHand',
    ),
    ...figures(regular, {'V*, run again': 79.58}, 'secondHand'),
  ],
  differs: [
    bf16,
    'The example of the original sets the repetition penalty to 1.01. This run uses that of the checkpoint.',
    'The published figures come from VLMEvalKit with a judge.',
  ],
  secondHand: ['That V* is asked with the text of the data alone.'],
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
  figures: figures(
    'cited for the paper, arXiv 2602.22766',
    {'V*': 85.9, 'V* direct_attributes': 87.8, 'V* relative_position': 82.9},
    'secondHand',
  ),
  differs: [bf16, 'The published figures come from VLMEvalKit with a judge.'],
  secondHand: ['Its evaluation is taken to be that of VLMEvalKit for Qwen2.5-VL; its own script was not found.'],
}

const skila: Recipe = {
  name: 'skila-7b',
  title: 'SkiLa-7B in the form of VLMEvalKit, sketches of 54 latents',
  source: 'TungChintao/SkiLa: README.md, src/model/skila.py @ 049bb60',
  checkpoints: ['JosephTong/SkiLa-7B'],
  benchmarks: {...highResolution, mmstar: tsv, realworldqa: tsv},
  settings: {
    'prompt-style': 'vlmevalkit',
    mode: ['latent'],
    protocol: 'skila',
    'latent-size': 54,
    'latent-dtype': 'bf16',
    'max-new-tokens': 2048,
    temperature: 0,
    'min-pixels': patches(1280),
    'max-pixels': patches(16_384),
    extractor: 'vlmevalkit_exact',
  },
  figures: figures(
    univlrReadme,
    {'V*': 80.1, 'HR-Bench 4K': 70.3, 'HR-Bench 8K': 62.9, 'MME-RealWorld-Lite': 45.6},
    'secondHand',
  ),
  differs: [bf16],
  secondHand: [
    'Its README names VLMEvalKit. Prompt, limits and decoding are taken to be those of VLMEvalKit for Qwen2.5-VL; its own entry was not read.',
  ],
}

const covt: Recipe = {
  name: 'covt-7b',
  title: 'CoVT-7B in the form of VLMEvalKit: visual tokens that are read, not fed back',
  source: 'Wakals/CoVT: README.md @ 97b11fd',
  checkpoints: [
    'Wakals/CoVT-7B-seg',
    'Wakals/CoVT-7B-depth',
    'Wakals/CoVT-7B-seg_depth_dino',
    'Wakals/CoVT-7B-seg_depth_dino_edge',
  ],
  benchmarks: {'cv-bench': {layouts: ['vlmevalkit-tsv', 'parquet']}, ...highResolution, mmvp: tsv},
  settings: {
    'prompt-style': 'vlmevalkit',
    // Its tokens are ordinary ones with embeddings of their own: the protocol covt decodes plainly too.
    mode: ['direct'],
    'max-new-tokens': 2048,
    temperature: 0,
    'min-pixels': patches(256),
    'max-pixels': patches(1280),
    extractor: 'vlmevalkit_exact',
  },
  also: {mode: ['latent'], protocol: 'covt'},
  figures: figures('Wakals/CoVT: README.md @ 97b11fd', {
    'CV-Bench, CoVT-7B-seg': 77.9,
    'CV-Bench, CoVT-7B-depth': 78.7,
    'CV-Bench, CoVT-7B-seg_depth_dino': 80,
    'CV-Bench, CoVT-7B-seg_depth_dino_edge': 79.8,
  }),
  differs: [bf16],
  secondHand: ['Prompt and decoding are taken to be those of VLMEvalKit for Qwen2.5-VL; its own entry was not read.'],
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
  skila,
  covt,
]
