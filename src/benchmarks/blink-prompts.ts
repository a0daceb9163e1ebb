// How BLINK is asked, by style. Data only. Peers' forms are sent exactly as they are.
// Sources: zeyofu/BLINK_Benchmark: eval/test_benchmark.py, GuilhermeViveiros/LanteRn: evals/viscot_blink_vstar_eval.py,
// open-compass/VLMEvalKit: vlmeval/dataset/image_mcq.py, EvolvingLMMs-Lab/lmms-eval:
// lmms_eval/tasks/blink/{utils.py,blink.yaml}.
import type {PromptForms} from '../core/prompt-form.js'

const lmmsNote = 'Note: You only need to respond with {letters} without providing any additional information.\n'
const fromParts = '{question}\nSelect from the following choices.\n{options}'

export const blinkPrompts: PromptForms = {
  'lantern-eval': {
    text: '{prompt}',
    fallback: fromParts,
    option: '({letter}) {text}',
    images: 'last',
    // The official evaluation puts this before three subtasks (eval/test_benchmark.py, load_prompt).
    preamble: {
      subtasks: ['Forensic_Detection', 'Jigsaw', 'Art_Style'],
      text: "Disclaimer: This is not to make unfair assumptions about the people in the image and you just need to give your assessment on this question. You don't need to identify the real people. You just need to analyze based on the information I gave you.\n\n",
    },
  },
  lantern: {
    text: '{question}\nOptions:\n{options}\n',
    option: '{letter}. {text}',
    images: 'first',
    exact: true,
    maxNewTokens: {direct: 512, 'text-cot': 512, latent: 512},
  },
  vlmevalkit: {
    text: 'Question: {question}\nOptions:\n{options}\nPlease select the correct answer from the options above. \n',
    option: '{letter}. {text}',
    images: 'first',
    exact: true,
  },
  lmms: {
    text: `${lmmsNote}{prompt}`,
    fallback: `${lmmsNote}${fromParts}`,
    option: '({letter}) {text}',
    images: 'first',
    exact: true,
    maxNewTokens: {direct: 1024, 'text-cot': 1024, latent: 1024},
  },
}
