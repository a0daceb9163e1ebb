// The published methods, as data. To add one: an entry here, and its loop written out in
// latent-machine.test.ts. The values and where they were read: design/latent-reasoning.md 2.3.
import type {MarkerTexts, ProtocolDefinition} from './protocol.js'

const lantern = {
  name: 'lantern',
  budget: 8,
  source: 'arXiv 2603.25629; GuilhermeViveiros/LanteRn: src/lantern_generate/generate.py',
} satisfies ProtocolDefinition

const lvr = {
  name: 'lvr',
  enterOn: 'consumed',
  budget: 8,
  recordId: 'sampled',
  exit: 'none',
  nestedStart: 'record',
  stopInLatent: 'deferred',
  source: 'arXiv 2509.24251; VincentLeebang/lvr: src/model/qwen_lvr_model.py',
} satisfies ProtocolDefinition

const mirage = {
  name: 'mirage',
  budget: 8,
  earlyEnd: true,
  nestedStart: 'embed',
  // Upstream never resets its counter, so its behaviour is defined for the first block only.
  maxBlocks: 1,
  source: 'arXiv 2506.17218; UMass-Embodied-AGI/Mirage',
} satisfies ProtocolDefinition

/** Pads after START has been consumed; END may come early, and is forced at the end. */
const padded = {enterOn: 'consumed', earlyEnd: true} as const

/** `<|NAME_start|>`, `<|NAME|>`, `<|NAME_end|>`. */
const markers = (name: string): MarkerTexts => ({
  start: `<|${name}_start|>`,
  pad: `<|${name}|>`,
  end: `<|${name}_end|>`,
})

const univlrSource = 'Warrenustc1958/UniVLR: src/model/qwen_univlr_model.py @ 8873cdc'

const univlr = {
  name: 'univlr',
  enterOn: 'consumed',
  budget: 24,
  leastBudget: 1,
  earlyEnd: true,
  recordId: 'sampled',
  nestedStart: 'record',
  stopInLatent: 'deferred',
  // `univlr_steps`: blocks, not latents, in this strategy. 1 in its config, 2 in its script.
  maxBlocks: 1,
  maxBlocksCounts: 'ends',
  forceStartAgain: true,
  forcedAfterExit: [{text: '<|univlr_latent_end|>'}],
  forcedAfterExitOn: 'end',
  forcedStops: false,
  tokens: markers('univlr'),
  source: `${univlrSource} (strategy "univlr")`,
} satisfies ProtocolDefinition

const laserSource = 'ybb6/laser: src/model/qwen_laser_model.py @ 204163e'

export const publishedMethods: readonly ProtocolDefinition[] = [
  lantern,
  lvr,
  {...lvr, name: 'lvr-vanilla', budget: null, earlyEnd: true},
  {
    ...lvr,
    name: 'lvr-latent-end',
    // The default of upstream's generate().
    stopVector: {tensor: 'lvr_latent_end_emb', metric: 'mse', threshold: 0.02},
  },
  {
    name: 'monet',
    startInput: 'hidden',
    budget: 10,
    earlyEnd: true,
    recordId: 'sampled',
    nestedStart: 'record',
    source: 'arXiv 2511.21395; NOVAglow646/Monet: inference/vllm/monet_gpu_model_runner.py',
  },
  {
    name: 'monet-hf',
    budget: 10,
    earlyEnd: true,
    nestedStart: 'embed',
    source: 'arXiv 2602.22766; Michael4933/CapImagine: README.md',
  },
  mirage,
  {...mirage, name: 'ilvr', nestedStart: 'restart', maxBlocks: null, source: 'arXiv 2512.05665; XD111ds/ILVR'},
  {
    ...padded,
    name: 'skila',
    // Two sketches of 27 tokens.
    budget: 54,
    source: 'arXiv 2512.16584; TungChintao/SkiLa: src/model/skila.py',
  },
  {name: 'covt', enterOn: 'never', budget: 8, source: 'arXiv 2511.19418; Wakals/CoVT'},
  {
    name: 'laser',
    enterOn: 'consumed',
    budget: 8,
    leastBudget: 1,
    earlyEnd: true,
    recordId: 'sampled',
    nestedStart: 'record',
    stopInLatent: 'deferred',
    forceStart: 'always',
    forcedAfterExit: [{text: '<answer>', first: true}],
    tokens: markers('laser'),
    source: `${laserSource} (strategy "dynamic")`,
  },
  {...lvr, name: 'laser-steps', tokens: markers('laser'), source: `${laserSource} (strategy "steps")`},
  {
    ...lvr,
    name: 'realvr',
    maxBlocks: 1,
    stopStrings: ['</answer>'],
    stopStringsIgnoreCase: true,
    source: 'xixiaouab/ReaLVR-code: realvr/model/qwen_lvr.py, eval/evaluate.py @ cc314b7',
  },
  {
    ...padded,
    name: 'hylar',
    // Twice canvas_token_num, 16 in training.
    budget: 32,
    leastBudget: 1,
    tokens: markers('canvas'),
    source: 'EthenCheng/HyLaR: SFT/src/model/canvas.py, Evaluate/eval_HyLar.py @ 8105a5b',
  },
  {
    ...padded,
    name: 'swimbird',
    // Twice max_latent_token, 32 in training.
    budget: 64,
    leastBudget: 1,
    tokens: markers('latent'),
    source: 'Accio-Lab/SwimBird: src/model/swimbird.py @ 6aa2cc3',
  },
  univlr,
  {...univlr, name: 'univlr-2', maxBlocks: 2, source: `${univlr.source}; VLMEvalKit/univlr_eval/eval_univlr.sh`},
  {...lvr, name: 'univlr-steps', tokens: markers('univlr'), source: `${univlrSource} (strategy "steps")`},
  {
    name: 'mull',
    enterOn: 'never',
    discretePrefix: [{text: '<think>'}, {text: '{pad}', times: 20}, {text: '</think>\n'}],
    // Its README writes the prefix as the answer's turn and deletes the end of every turn, the user's too.
    deletedFromPrompt: ['<|im_end|>\n'],
    tokens: {start: '<|latent_start|>', pad: '<|latent_pad|>', end: '<|latent_end|>'},
    source: 'arXiv 2512.10941; arijitray1993/mull: README.md @ f05a75c',
  },
  {
    name: 'lavit',
    enterOn: 'never',
    discretePrefix: [{text: '<lvr>', times: 4}],
    source: 'Svardfox/LaViT: evaluation/utils/evaluator.py @ 26bf182 (the prefix that --force_lvr means to send)',
  },
  {
    name: 'colt',
    enterOn: 'never',
    // num_latent of 3, and one more.
    prefixLatents: 4,
    source: 'hulianyuyy/CoLT: transformers-4.57.0/src/transformers/models/qwen3_vl/modeling_qwen3_vl.py @ 331cc78',
  },
]
