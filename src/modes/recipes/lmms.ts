// lmms-eval's tasks, with the pictures of its Qwen2.5-VL model.
import {patches, type Recipe} from './recipe.js'

const commit = '75571cfe0fa36ca5ec2e6aa2bb268f9d38295af3'
const pixels = {'min-pixels': patches(256), 'max-pixels': 1_605_632}
const pictures = 'The original encodes every picture as JPEG again. This run sends the bytes of the data.'

export const lmms: Recipe = {
  name: 'lmms',
  title: "lmms-eval 0.7's tasks blink and vstar_bench",
  source: `EvolvingLMMs-Lab/lmms-eval: lmms_eval/tasks/blink/, lmms_eval/tasks/vstar_bench/, lmms_eval/models/chat/qwen2_5_vl.py @ ${commit}`,
  benchmarks: {
    blink: {layouts: ['parquet'], settings: {'max-new-tokens': 1024, extractor: 'lmms_blink'}},
    vstar: {layouts: ['parquet', 'official-questions'], settings: {'max-new-tokens': 16, extractor: 'lmms_vstar'}},
  },
  settings: {'prompt-style': 'lmms', mode: ['direct'], temperature: 0, ...pixels},
  differs: [
    pictures,
    'The original reads an answer that was cut at the token limit. This run counts it as `truncated` unless it contains a closed <answer>.',
  ],
}

export const lmmsReasoning: Recipe = {
  name: 'lmms-reasoning',
  title: "lmms-eval 0.7's task vstar_bench_reasoning",
  source: `EvolvingLMMs-Lab/lmms-eval: lmms_eval/tasks/vstar_bench/reasoning/, lmms_eval/tasks/_task_utils/reasoning_utils.py @ ${commit}`,
  benchmarks: {vstar: {layouts: ['parquet', 'official-questions']}},
  settings: {
    'prompt-style': 'lmms-reasoning',
    mode: ['text-cot'],
    'max-new-tokens': 49_152,
    temperature: 0,
    extractor: 'lmms_vstar_reasoning',
    ...pixels,
  },
  differs: [
    pictures,
    'Where letters differ, the original compares with math_verify, and with USE_LLM_JUDGE=True it asks a judge. This run does neither.',
    'The original sends the system message as a list with one text. This run sends the text itself.',
  ],
}
