// lmms-eval's tasks, with the pictures of its Qwen2.5-VL model.
import {patches, type Recipe} from './recipe.js'

const commit = '75571cfe0fa36ca5ec2e6aa2bb268f9d38295af3'
const pixels = {'min-pixels': patches(256), 'max-pixels': 1_605_632}
const pictures = 'It encodes every picture as JPEG again; here the bytes of the data are sent.'

export const lmms: Recipe = {
  name: 'lmms',
  title: 'lmms-eval 0.7: blink, vstar_bench',
  source: `EvolvingLMMs-Lab/lmms-eval: lmms_eval/tasks/blink/, lmms_eval/tasks/vstar_bench/, lmms_eval/models/chat/qwen2_5_vl.py @ ${commit}`,
  benchmarks: {
    blink: {layouts: ['parquet'], settings: {'max-new-tokens': 1024, extractor: 'lmms_blink'}},
    vstar: {layouts: ['parquet', 'official-questions'], settings: {'max-new-tokens': 16, extractor: 'lmms_vstar'}},
  },
  settings: {'prompt-style': 'lmms', mode: ['direct'], temperature: 0, ...pixels},
  differs: [
    pictures,
    'It reads an answer that was cut at its limit; here that is `truncated` unless a closed <answer> stands in it.',
  ],
}

export const lmmsReasoning: Recipe = {
  name: 'lmms-reasoning',
  title: 'lmms-eval 0.7: vstar_bench_reasoning',
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
    'It compares by math_verify where letters differ, and asks a judge with USE_LLM_JUDGE=True.',
    'It sends its system message as a list with one text, we as that text.',
  ],
}
