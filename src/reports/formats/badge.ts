// A badge for a README, as an endpoint of shields.io (https://shields.io/badges/endpoint-badge): the decision of the
// gate where there is one, else the score at the top of the first table.
import {printableData} from '../../core/printable.js'
import type {Comparison} from '../schemas/comparison.js'
import type {ResultDocument, ResultRow} from '../schemas/result.js'
import {defineFormat} from './format.js'
import * as words from './words.js'

interface Badge {
  readonly label: string
  readonly message: string
  readonly color: string
  readonly isError?: true
}

export const badge = defineFormat({
  name: 'badge',
  ending: '.json',
  render: document => `${JSON.stringify({schemaVersion: 1, ...badgeOf(printableData(document))}, null, 2)}\n`,
})

function badgeOf(document: ResultDocument): Badge {
  if (document.comparison) return comparisonBadge(document.comparison)
  const [group] = document.groups
  const row = document.rows[group?.rows[0] ?? 0]
  if (row === undefined) return {label: 'lantern-eval', message: 'no runs', color: 'lightgrey', isError: true}
  const label = group === undefined ? row.bench : words.groupTitle(document, group)
  const facts = [
    row.score === null ? 'no score' : `${words.percent(row.score)} % (${words.interval(row.low, row.high)})`,
    words.armName(row).replaceAll('|', ' '),
    ...(stateOf(row, label) ?? []),
  ]
  return {label, message: facts.join(', '), color: row.sample === 'official' ? 'blue' : 'lightgrey'}
}

/** What the samples are, where the label does not say it. */
function stateOf({sample}: ResultRow, label: string): string[] | null {
  return sample === 'official' || label.includes(', ') ? null : [`${words.sampleName(sample)} samples`]
}

function comparisonBadge({gated, gate, verdict}: Comparison): Badge {
  const decision = {passed: 'passed', failed: 'failed', inconclusive: 'undecided'}[gate.outcome]
  const colors = {passed: 'brightgreen', failed: 'red', inconclusive: 'yellow'}
  const verdicts = {improved: 'brightgreen', equivalent: 'green', regressed: 'red', inconclusive: 'lightgrey'}
  return gated
    ? {label: 'regression gate', message: `${decision}, ${verdict}`, color: colors[gate.outcome]}
    : {label: 'against the base', message: verdict, color: verdicts[verdict]}
}
