// Annotations of a GitHub workflow: commands that a step prints and the runner shows beside the run. The escapes are
// those of the core package of actions/toolkit.
import {printable} from '../../core/printable.js'
import type {Comparison} from '../schemas/comparison.js'
import type {ResultRow} from '../schemas/result.js'
import {defineFormat} from './format.js'
import * as words from './words.js'

interface Annotation {
  readonly level: 'error' | 'warning' | 'notice'
  readonly title: string
  readonly message: string
}

export const annotations = defineFormat({
  name: 'annotations',
  ending: '.txt',
  render(document) {
    const all = [
      ...(document.comparison ? comparisonAnnotations(document.comparison) : []),
      ...document.warnings.map((message): Annotation => ({level: 'warning', title: 'lantern-eval', message})),
      ...document.rows.flatMap(rowAnnotations),
    ]
    const levels = ['error', 'warning', 'notice'] as const
    const lines = levels.flatMap(level => shown(all.filter(one => one.level === level)).map(commandOf))
    return `${lines.length > 0 ? lines.join('\n') : commandOf({level: 'notice', title: 'lantern-eval', message: noRuns})}\n`
  },
})

const noRuns = 'No runs.'

/** GitHub shows the first ten of a kind of each step and drops the others without a word. */
const mostOfAKind = 10

function shown(list: readonly Annotation[]): readonly Annotation[] {
  if (list.length <= mostOfAKind) return list
  const kept = list.slice(0, mostOfAKind - 1)
  const [{level}] = list as [Annotation]
  const message = `${list.length - kept.length} more, which GitHub would not show; the step summary has the tables.`
  return [...kept, {level, title: 'lantern-eval', message}]
}

function comparisonAnnotations(comparison: Comparison): Annotation[] {
  const {gated, gate, verdict, pairs, alpha} = comparison
  const level = gated
    ? ({passed: 'notice', failed: 'error', inconclusive: 'warning'} as const)[gate.outcome]
    : verdict === 'regressed'
      ? 'warning'
      : 'notice'
  const sentences = pairs.map(pair => `${pair.bench}: ${words.pairSentence(pair, comparison)}.`)
  const message = [`${words.verdictSentence(comparison)}.`, ...sentences].join('\n')
  const lost = pairs.flatMap(pair =>
    pair.subtasks
      .filter(({holm, difference}) => pair.subtasks.length > 1 && holm <= alpha && difference < 0)
      .map(
        ({name, difference, holm}): Annotation => ({
          level: 'warning',
          title: `${pair.bench} ${name} lost`,
          message: `${words.points(difference)} points, Holm p ${words.pValue(holm)} over ${pair.subtasks.length} subtasks.`,
        }),
      ),
  )
  const warnings = comparison.warnings.map(
    (text): Annotation => ({
      level: 'warning',
      title: 'lantern-eval compare',
      message: text,
    }),
  )
  return [{level, title: 'lantern-eval compare', message}, ...lost, ...warnings]
}

function rowAnnotations(row: ResultRow): Annotation[] {
  const title = `${row.bench} ${row.split}: ${words.armName(row)}`
  const sample = row.sample === 'official' ? '' : `, ${words.sampleName(row.sample)} samples`
  const remarks = words.remarks(row)
  const score = `${words.percent(row.score)} % (95 % interval ${words.interval(row.low, row.high)}), n ${words.sampleCount(row)}${sample}`
  const notice: Annotation = {level: 'notice', title, message: [score, ...remarks].join('; ')}
  if (row.outcomes.error === 0) return [notice]
  const count = row.outcomes.error === 1 ? '1 sample' : `${words.count(row.outcomes.error)} samples`
  return [
    {
      level: 'warning',
      title,
      message: `${count} failed and ${row.outcomes.error === 1 ? 'is' : 'are'} not in the score.`,
    },
    notice,
  ]
}

function commandOf({level, title, message}: Annotation): string {
  return `::${level} title=${property(title)}::${data(message)}`
}

/** The runner ends a command at the line feed, and would take a later line that begins with `::` for another one. */
function data(text: string): string {
  return printable(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
