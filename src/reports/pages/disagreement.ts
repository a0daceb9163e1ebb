// Where extractors disagree about one answer: the rule of the extractor panel, for one record.
import type {Arm} from '../../core/generation.js'
import {extractAnswer} from '../../metrics/extraction/index.js'
import {panelExtractors} from '../../metrics/panel.js'
import {scoreAnswer} from '../../metrics/score.js'
import type {Lock} from '../../run-folder/lock.js'
import type {LogRecord} from '../../run-folder/record.js'

/** Whether extractors score an answer differently. Answers without a score, and open ones, never differ. */
export function extractorsDisagree(record: LogRecord, {arms, benchmarks}: Pick<Lock, 'arms' | 'benchmarks'>): boolean {
  if ((record.options ?? record.letters ?? []).length === 0 || record['scoreOnly'] === true) return false
  const arm = arms.find(({id}) => id === record.arm) as Arm
  const {metric, aggregate} = benchmarks.find(({id}) => id === record.bench)!
  const scoring = {answer: 'choice', metric, aggregate} as const
  let first: number | null = null
  for (const extractor of panelExtractors()) {
    const {score} = scoreAnswer({...record, arm}, scoring, extractor)
    if (score === null) continue
    first ??= score
    if (score !== first) return true
  }
  return false
}

/** What each extractor of the panel reads. */
export function readingsOf({text, options, letters}: LogRecord): {extractor: string; answer: string | null}[] {
  return panelExtractors().map(extractor => ({
    extractor,
    answer: extractAnswer(extractor, {text, options, letters}).answer,
  }))
}
