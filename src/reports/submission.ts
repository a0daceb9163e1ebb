// Turns the answers of a run into the format of a benchmark's own server or scorer. This file holds the rules for every
// benchmark. The adapter defines the format; the caller reads the run and writes the files.
import type {Benchmark, Submission} from '../benchmarks/benchmark.js'
import {LanternError} from '../core/errors.js'
import type {LogRecord} from '../run-folder/record.js'

/**
 * The submission of one arm's settled records of one benchmark.
 * Throws `unsupported` for a benchmark without a submission format and for a run with several option orders or repeats.
 * Throws `nothing-evaluated` if there are no answers, or if some are errors, because a server would count those as
 * wrong.
 */
export function submissionOf(benchmark: Benchmark, records: readonly LogRecord[]): Submission {
  const {id: bench} = benchmark
  if (!benchmark.submission)
    throw new LanternError(
      'unsupported',
      `${bench} has no submission format.`,
      'Its answers are in the log of the run.',
    )
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
  const again = records.find(({repeat = 0}) => repeat > 0)
  if (again) {
    throw new LanternError(
      'unsupported',
      `The run asked "${again.id}" several times, and a submission has one answer a sample.`,
      'Run without --repeats.',
    )
  }
  const variant = records.find(({item}) => item !== undefined)
  if (variant) {
    throw new LanternError(
      'unsupported',
      `The run asked "${variant.item}" under several option orders, and a submission has one answer a sample.`,
      'Run without --options.',
    )
  }
  return benchmark.submission(records)
}
