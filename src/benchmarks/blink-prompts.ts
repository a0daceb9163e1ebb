// How BLINK is asked, by style. Peers' forms are sent as they stand. Data only. Sources:
// zeyofu/BLINK_Benchmark: eval/test_benchmark.py, eval/query_model.py; GuilhermeViveiros/LanteRn:
// evals/viscot_blink_vstar_eval.py; VincentLeebang/lvr: evaluation/evaluation.py; open-compass/VLMEvalKit:
// vlmeval/dataset/image_mcq.py, vlmeval/smp/vlm.py; EvolvingLMMs-Lab/lmms-eval: lmms_eval/tasks/blink/.
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
  'blink-official': sentOfficially,
  // concat_images_horizontally_with_margin
  'blink-official-one-picture': {...sentOfficially, join: {margin: 10, align: 'centre'}},
}
