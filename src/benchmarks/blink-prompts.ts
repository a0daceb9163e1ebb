// How BLINK is asked, by style. Peers' forms are sent as they stand. Data only. Sources: zeyofu/BLINK_Benchmark:
// eval/test_benchmark.py, eval/query_model.py; GuilhermeViveiros/LanteRn: evals/viscot_blink_vstar_eval.py;
// VincentLeebang/lvr: evaluation/evaluation.py; open-compass/VLMEvalKit: vlmeval/dataset/image_mcq.py,
// vlmeval/smp/vlm.py; ybb6/laser: evaluation/bench_func.py; xixiaouab/ReaLVR-code: eval/evaluate.py;
// arijitray1993/mull: README.md; Svardfox/LaViT: evaluation/utils/adapters.py; EvolvingLMMs-Lab/lmms-eval:
// lmms_eval/tasks/blink/.
import {limitInAllModes, type PromptForm, type PromptForms} from '../core/prompt-form.js'

const lmmsNote = 'Note: You only need to respond with {letters} without providing any additional information.\n'
const fromParts = '{question}\nSelect from the following choices.\n{options}'

/** The prompt of the data set, and what the official evaluation puts before three subtasks of it. */
const official: PromptForm = {
  text: '{prompt}',
  fallback: fromParts,
  option: '({letter}) {text}',
  images: 'last',
  preamble: {
    subtasks: ['Forensic_Detection', 'Jigsaw', 'Art_Style'],
    text: "Disclaimer: This is not to make unfair assumptions about the people in the image and you just need to give your assessment on this question. You don't need to identify the real people. You just need to analyze based on the information I gave you.\n\n",
  },
}

const sentOfficially: PromptForm = {...official, detail: 'low', exact: true, maxNewTokens: limitInAllModes(1024)}

const lantern: PromptForm = {
  text: '{question}\nOptions:\n{options}\n',
  option: '{letter}. {text}',
  images: 'first',
  exact: true,
  maxNewTokens: limitInAllModes(512),
}

/** QUESTION_TEMPLATE_LATENT and the sentence for multiple choice. */
const thinkDeeply =
  "Please think about this question deeply. It's encouraged to include self-reflection or verification in the reasoning process. Provide your final answer between the <answer> </answer> tags. Please provide only the single option letter (e.g., A, B, C, D, etc.) within the <answer> </answer> tags."

const answerTags = 'Put the final answer in <answer>...</answer>.'

/** The prompt of the data set; without one, what LaViT builds of its parts. */
const lavit: PromptForm = {
  text: '{prompt}',
  fallback: '{question}\nOptions:\n{options}\nAnswer with the option letter from the given choices directly.',
  option: '({letter}) {text}',
  images: 'first',
  exact: true,
  maxNewTokens: limitInAllModes(512),
}

const vlmevalkit: PromptForm = {
  text: 'Question: {question}\nOptions:\n{options}\nPlease select the correct answer from the options above. \n',
  option: '{letter}. {text}',
  images: 'first',
  exact: true,
  // vlmeval/vlm/qwen2_vl/model.py
  maxNewTokens: limitInAllModes(2048),
}

export const blinkPrompts: PromptForms = {
  'lantern-eval': official,
  lantern,
  lvr: {...lantern, text: `${lantern.text}\nAnswer with the option's letter from the given choices directly.`},
  vlmevalkit,
  // concat_images_vlmeval with target_size 512, which it calls for the data set named BLINK.
  'vlmevalkit-one-picture': {...vlmevalkit, join: {height: 512, margin: 0, align: 'top'}},
  lmms: {
    text: `${lmmsNote}{prompt}`,
    fallback: `${lmmsNote}${fromParts}`,
    option: '({letter}) {text}',
    images: 'first',
    exact: true,
    maxNewTokens: limitInAllModes(1024),
  },
  laser: {
    ...lantern,
    text: `${lantern.text}Answer with the option's letter from the given choices directly. Give your final answer in <answer>X</answer> format.`,
    maxNewTokens: limitInAllModes(32),
  },
  realvr: {
    ...lavit,
    text: `{prompt}\nAnswer with the option letter directly. ${answerTags}`,
    fallback: `${fromParts}\nAnswer with the option letter directly. ${answerTags}`,
    maxNewTokens: limitInAllModes(128),
  },
  mull: {
    ...lavit,
    text: `{prompt}\n${thinkDeeply}`,
    fallback: `${fromParts}\n${thinkDeeply}`,
  },
  lavit,
  'blink-official': sentOfficially,
  // concat_images_horizontally_with_margin
  'blink-official-one-picture': {...sentOfficially, join: {margin: 10, align: 'centre'}},
}
