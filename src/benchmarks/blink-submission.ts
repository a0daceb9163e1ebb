// BLINK's answers as EvalAI accepts them (zeyofu/BLINK_Benchmark: eval/README.md, "final prediction file"): one object
// of answers by official id.
import {LanternError} from '../core/errors.js'
import type {Submission, SubmissionAnswer} from './benchmark.js'

/** The marker of an answer that is not an option (eval/multiple_choice.py). */
const noOption = '(Z)'

/** Throws `unsupported` for ids that are not the official ones. */
export function blinkSubmission(answers: readonly SubmissionAnswer[]): Submission {
  const stranger = answers.find(({id}) => !/^(val|test)_.+_\d+$/.test(id))
  if (stranger) {
    throw new LanternError(
      'unsupported',
      `The sample "${stranger.id}" has no official BLINK id: the run used a VLMEvalKit table.`,
      'Run on the parquet files of BLINK-Benchmark/BLINK (`lantern-eval bench pull blink --split test`).',
    )
  }
  const predictions = answers.map(({id, answer}) => [id, answer === null ? noOption : `(${answer})`] as const)
  return {
    files: [{name: 'blink.json', content: `${JSON.stringify(Object.fromEntries(predictions), null, 2)}\n`}],
    unanswered: predictions.filter(([, prediction]) => prediction === noOption).length,
  }
}
