// How V* is asked, by style. Peers' forms are sent as they stand. Data only. Sources: penghao-wu/vstar:
// vstar_bench_eval.py; GuilhermeViveiros/LanteRn: evals/viscot_blink_vstar_eval.py; VincentLeebang/lvr:
// evaluation/evaluation.py; open-compass/VLMEvalKit: vlmeval/dataset/image_mcq.py; Svardfox/LaViT:
// evaluation/utils/adapters.py; EvolvingLMMs-Lab/lmms-eval: lmms_eval/tasks/vstar_bench/,
// lmms_eval/tasks/_task_utils/reasoning_utils.py.
import {limitInAllModes, type PromptForm, type PromptForms} from '../core/prompt-form.js'

/** Question and lettered options, nothing else. */
const bare: PromptForm = {text: '{question}\n{options}', option: '({letter}) {text}', images: 'first'}

/** The sentence that ends every text of the data set. */
const instruction = "Answer with the option's letter from the given choices directly."

const lantern: PromptForm = {
  ...bare,
  text: '{prompt}',
  fallback: bare.text,
  exact: true,
  maxNewTokens: limitInAllModes(512),
}

/** Letters the options again, by a pattern that takes the data set's instruction for a part of the last one. */
const lmms: PromptForm = {
  text: `{question}\n{options}\n${instruction}`,
  option: '{letter}. {text}',
  lastOption: `{letter}. {text}\n${instruction}`,
  losesBracketedOptions: true,
  images: 'first',
  exact: true,
  maxNewTokens: limitInAllModes(16),
}

export const vstarPrompts: PromptForms = {
  'lantern-eval': bare,
  lantern,
  // It adds the instruction to a text that ends with it.
  lvr: {
    ...lantern,
    text: `{prompt}\n${instruction}\n${instruction}`,
    fallback: `${bare.text}\n${instruction}\n${instruction}`,
  },
  vlmevalkit: {
    text: 'Question: {question}\nOptions:\n{options}\nPlease select the correct answer from the options above. \n',
    option: '{letter}. {text}',
    images: 'first',
    exact: true,
    // vlmeval/vlm/qwen2_vl/model.py
    maxNewTokens: limitInAllModes(2048),
  },
  // item['text'], which ends with the instruction.
  lavit: {...lantern, text: `{prompt}\n${instruction}`, fallback: `${bare.text}\n${instruction}`},
  lmms,
  'lmms-reasoning': {
    ...lmms,
    text: '{question}\n{options}',
    system:
      'You are a helpful assistant. When user asks a question, your response must include two parts: first, reasoning process enclosed in <analysis>...</analysis> tags, then final answer enclosed in <answer>...</answer> tags.Please provide a clear, concise response within <answer> </answer> tags that directly addresses to question.',
    maxNewTokens: limitInAllModes(49_152),
  },
  // The question alone: the options are held against each other by their likelihood. 200 tokens: free_form_inference.
  'vstar-official': {
    text: '{question}',
    option: '',
    images: 'first',
    exact: true,
    likelihood: true,
    maxNewTokens: limitInAllModes(200),
  },
}
