// lmms-eval's `samples_<task>.jsonl` (`--log_samples`): a line per sample with the response and each metric's own
// record (EvolvingLMMs-Lab/lmms-eval: lmms_eval/evaluator.py; the tasks' utils.py name the fields of a metric).
import {basename, dirname} from 'node:path'
import {letterOf} from '../core/sample.js'
import {firstText, goldOf, isObject, optionsIn, scoreOf, textOf, word} from './fields.js'
import {jsonLines} from './json.js'
import {badFile, definePeerFormat} from './peer.js'
import {benchOf} from './task-names.js'

const fileName = /(?:^|_)samples_(.+)\.jsonl$/

/** What its endpoints return for a request that failed for good (lmms_eval/models: failure_content). */
const failure = /^\[LMMS_EVAL_REQUEST_FAILED/

/** Keys of a line that are not metrics. */
const notMetrics = new Set([
  'doc_id',
  'doc',
  'target',
  'arguments',
  'input',
  'resps',
  'filtered_resps',
  'doc_hash',
  'prompt_hash',
  'target_hash',
])
const scoreKeys = ['is_correct', 'correct', 'score', 'acc', 'exact_match']
const answerKeys = ['pred_parsed', 'prediction', 'parsed_pred', 'extracted_answer']

export const lmmsEval = definePeerFormat({
  name: 'lmms-eval',
  files: 'an lmms-eval samples_<task>.jsonl',

  async accepts(path) {
    return fileName.test(basename(path))
  },

  async *read(path) {
    const task = fileName.exec(basename(path))![1]!
    const bench = await benchOf(task)
    // Its folders are named after the model.
    const model = basename(dirname(path)) || 'unknown'
    for await (const {where, values} of jsonLines(path)) {
      const doc = isObject(values['doc']) ? values['doc'] : {}
      const metric = metricOf(values)
      const id =
        word(metric['id']) ??
        word(metric['question_id']) ??
        word(doc['idx']) ??
        word(doc['question_id']) ??
        word(values['doc_id'])
      const text = firstText(values['resps']) ?? firstText(values['filtered_resps'])
      if (id === undefined || text === undefined)
        throw badFile(where, `has no ${id === undefined ? 'doc_id' : 'resps'}`)
      const choices = Array.isArray(doc['choices']) ? doc['choices'].map(textOf) : undefined
      const asked =
        word(doc['text']) ?? word(doc['prompt']) ?? firstText(values['input']) ?? firstText(values['arguments'])
      const options = choices ?? (asked === undefined ? undefined : optionsIn(asked))
      const subtask =
        word(metric['sub_task']) ?? word(metric['category']) ?? word(doc['sub_task']) ?? word(doc['category'])
      yield {
        ...{where, bench, model, id, text, stop: 'eos' as const},
        ...(subtask === undefined ? {} : {subtask}),
        ...(failure.test(text) ? {error: text} : {}),
        gold: goldOf(values['target'] ?? metric['gt_content'] ?? metric['ground_truth']),
        ...(options ? {options, letters: options.map((_, index) => letterOf(index))} : {}),
        peer: scoreIn(metric),
        peerAnswer: answerKeys.map(key => word(metric[key])).find(answer => answer !== undefined) ?? null,
      }
    }
  },
})

/** The record of the first metric with a score; a bare number is its own score. */
function metricOf(values: Record<string, unknown>): Record<string, unknown> {
  const records = Object.entries(values)
    .filter(([key]) => !notMetrics.has(key))
    .map(([, value]) => (isObject(value) ? value : {score: value}))
  return records.find(record => scoreIn(record) !== null) ?? {}
}

function scoreIn(metric: Record<string, unknown>): number | null {
  return scoreOf(scoreKeys.map(key => metric[key]).find(one => typeof one === 'number' || typeof one === 'boolean'))
}
