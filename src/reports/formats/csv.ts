// One line per row and subtask; an empty subtask is the headline. Scores are fractions, as in the JSON
// (design/contract.md, "The result document").
import {stringify} from 'csv-stringify/sync'
import {aggregateText} from '../../core/headline.js'
import {printableData} from '../../core/printable.js'
import type {ResultRow, ResultSubtask} from '../schemas/result.js'
import {defineFormat} from './format.js'

type Part = Pick<
  ResultRow,
  'score' | 'low' | 'high' | 'micro' | 'n' | 'total' | 'outcomes' | 'baselines' | 'groups' | 'groupScore'
>

/** Column name -> its value; the order of the columns is fixed by design/contract.md. */
const columns: Readonly<Record<string, (row: ResultRow, part: Part, subtask: string) => string | number | null>> = {
  run: row => row.run,
  arm: row => row.arm,
  model: row => row.model,
  mode: row => row.mode,
  protocol: row => row.protocol,
  latent_size: row => row.latentSize,
  intervention: row => row.intervention,
  bench: row => row.bench,
  split: row => row.split,
  subtask: (_row, _part, subtask) => subtask,
  metric: row => row.metric,
  aggregate: row => aggregateText(row.aggregate),
  score: (_row, part) => part.score,
  low: (_row, part) => part.low,
  high: (_row, part) => part.high,
  micro: (_row, part) => part.micro,
  n: (_row, part) => part.n,
  total: (_row, part) => part.total,
  correct: (_row, {outcomes}) => outcomes.correct,
  wrong: (_row, {outcomes}) => outcomes.wrong,
  unanswered: (_row, {outcomes}) => outcomes.unanswered,
  truncated: (_row, {outcomes}) => outcomes.truncated,
  refused: (_row, {outcomes}) => outcomes.refused,
  error: (_row, {outcomes}) => outcomes.error,
  not_engaged: (_row, {outcomes}) => outcomes['not-engaged'],
  unscored: (_row, {outcomes}) => outcomes.unscored,
  random: (_row, {baselines}) => baselines.random,
  majority: (_row, {baselines}) => baselines.majority,
  text_tokens: row => row.usage.textTokens,
  latent_steps: row => row.usage.latentSteps,
  prompt_tokens: row => row.usage.promptTokens,
  latency_p50_ms: row => row.latencyMs.p50,
  latency_p95_ms: row => row.latencyMs.p95,
  sample: row => row.sample,
  lock: row => row.lock,
  groups: (_row, {groups = null}) => groups,
  group_score: (_row, {groupScore = null}) => groupScore,
}

export const csv = defineFormat({
  name: 'csv',
  ending: '.csv',
  render(document) {
    const {rows} = printableData(document)
    const lines = rows.flatMap(row => [
      lineOf(row, row, ''),
      ...row.subtasks.map((subtask: ResultSubtask) =>
        lineOf(row, {...subtask, micro: row.aggregate === 'group' ? null : subtask.score}, subtask.name),
      ),
    ])
    // Names come from outside. A spreadsheet must not execute a name that starts like a formula.
    return stringify([Object.keys(columns), ...lines], {escape_formulas: true})
  },
})

function lineOf(row: ResultRow, part: Part, subtask: string): (string | number | null)[] {
  return Object.values(columns).map(cell => cell(row, part, subtask))
}
