// Answers of a run in the form that a benchmark's own server or scorer takes. Pure; reading the run and writing the
// files is the caller's.
import {LanternError} from '../core/errors.js'
import type {LogRecord} from '../run-folder/record.js'

/** A file to write: its name, and its content. */
export interface SubmissionFile {
  readonly name: string
  readonly content: string
}

export interface Submission {
  readonly files: readonly SubmissionFile[]
  /** Samples whose answer could not be read; they are written as the benchmark writes a missing answer. */
  readonly unanswered: number
}

type Writer = (records: readonly LogRecord[]) => Submission

/** BLINK's marker of an answer that is no option (zeyofu/BLINK_Benchmark, eval/multiple_choice.py). */
const noOption = '(Z)'

const writers: Readonly<Record<string, Writer>> = {
  /**
   * One object of answers by official id: what EvalAI takes (zeyofu/BLINK_Benchmark, eval/README.md, "final prediction
   * file").
   */
  blink(records) {
    const variant = records.find(({item}) => item !== undefined)
    if (variant) {
      throw new LanternError(
        'unsupported',
        `The run asked "${variant.item}" under several option orders, and a submission has one answer a sample.`,
        'Run without --options.',
      )
    }
    const stranger = records.find(({id}) => !/^(val|test)_.+_\d+$/.test(id))
    if (stranger) {
      throw new LanternError(
        'unsupported',
        `The sample "${stranger.id}" has no official BLINK id: the run used a VLMEvalKit table.`,
        'Run on the parquet files of BLINK-Benchmark/BLINK (`lantern-eval bench pull blink --split test`).',
      )
    }
    const answers = records.map(({id, answer}) => [id, answer === null ? noOption : `(${answer})`] as const)
    return {
      files: [{name: 'blink.json', content: `${JSON.stringify(Object.fromEntries(answers), null, 2)}\n`}],
      unanswered: answers.filter(([, answer]) => answer === noOption).length,
    }
  },
  /**
   * A file of answers per data set, as the official judge reads them (deepcs233/Visual-CoT,
   * llava/eval/eval_cot_score.py, --result-file).
   */
  viscot(records) {
    const lines = new Map<string, string[]>()
    for (const {id, text} of records) {
      const [dataSet, question] = id.split('/')
      if (question === undefined)
        throw new LanternError(
          'unsupported',
          'Four-option items are no part of the official VisCoT scores.',
          'Run on the official files.',
        )
      const list = lines.get(dataSet!) ?? []
      list.push(`${JSON.stringify({question_id: Number(question), text})}\n`)
      lines.set(dataSet!, list)
    }
    return {
      files: [...lines].map(([dataSet, list]) => ({name: `${dataSet}.jsonl`, content: list.join('')})),
      unanswered: records.filter(({text}) => text.trim() === '').length,
    }
  },
}

/** Benchmarks that have a submission format. */
export const submissionBenchmarks: readonly string[] = Object.keys(writers)

/**
 * The submission of one arm's settled records of one benchmark.
 * Throws `unsupported` for a benchmark without a format, `nothing-evaluated` without answers, `incomplete-merge` when
 * some are errors: a server would count those as wrong.
 */
export function submissionOf(bench: string, records: readonly LogRecord[]): Submission {
  const write = Object.hasOwn(writers, bench) ? writers[bench] : undefined
  if (!write) {
    throw new LanternError(
      'unsupported',
      `${bench} has no submission format.`,
      `Benchmarks with one: ${submissionBenchmarks.join(', ')}.`,
    )
  }
  if (records.length === 0)
    throw new LanternError('nothing-evaluated', `The run has no answers to ${bench}.`, 'Run it first.')
  const errors = records.filter(({outcome}) => outcome === 'error').length
  if (errors > 0) {
    throw new LanternError(
      'nothing-evaluated',
      `${errors} of ${records.length} samples have no answer but an error.`,
      'Run the same command again: it asks only those.',
    )
  }
  return write(records)
}
