// JUnit XML, which most CI systems display: a suite per arm and benchmark, a case per headline and subtask, and the
// gate.

import {aggregateText} from '../../core/headline.js'
import type {Comparison} from '../schemas/comparison.js'
import type {ResultDocument, ResultRow} from '../schemas/result.js'
import {defineFormat} from './format.js'
import * as words from './words.js'

interface Case {
  readonly name: string
  readonly suite: string
  readonly text: string
  readonly verdict: 'passed' | 'failed' | 'error' | 'skipped'
}

export const junit = defineFormat({
  name: 'junit',
  ending: '.xml',
  render(document) {
    const suites = [...(document.comparison ? [gateSuite(document.comparison)] : []), ...document.rows.map(rowSuite)]
    const cases = suites.flatMap(suite => suite.cases)
    return [
      '<?xml version="1.0" encoding="UTF-8"?>',
      `<testsuites name="lantern-eval"${counts(cases)}>`,
      ...suites.flatMap(({name, properties, cases: own}) => [
        `  <testsuite name="${xmlText(name)}"${counts(own)}>`,
        ...(properties.length > 0 ? ['    <properties>', ...properties, '    </properties>'] : []),
        ...own.map(caseElement),
        '  </testsuite>',
      ]),
      '</testsuites>',
      '',
    ].join('\n')
  },
})

interface Suite {
  readonly name: string
  readonly properties: readonly string[]
  readonly cases: readonly Case[]
}

function rowSuite(row: ResultDocument['rows'][number]): Suite {
  const name = `${row.bench} ${row.split}${row.sample === 'official' ? '' : ` (${row.sample === 'builtin' ? 'built-in sample' : row.sample})`}: ${row.arm}`
  const scalars = {
    run: row.run,
    metric: row.metric,
    aggregate: aggregateText(row.aggregate),
    sample: row.sample,
    lock: row.lock,
    ...row.outcomes,
  }
  return {
    name,
    properties: Object.entries(scalars).map(
      ([key, value]) => `      <property name="${xmlText(key)}" value="${xmlText(String(value))}"/>`,
    ),
    cases: [
      {
        name: 'headline',
        suite: name,
        text: [scoreText(row), ...words.remarks(row)].join('; '),
        verdict: verdictOf(row),
      },
      ...row.subtasks.map(subtask => ({
        name: subtask.name,
        suite: name,
        text: scoreText(subtask),
        verdict: verdictOf(subtask),
      })),
    ],
  }
}

/**
 * A score is not a test, so only a gate makes a case fail. A case is an error if nothing could be measured, and skipped
 * if nothing was run.
 */
function verdictOf({n, outcomes}: Pick<ResultRow, 'n' | 'outcomes'>): Case['verdict'] {
  if (n > 0) return 'passed'
  return outcomes.error > 0 ? 'error' : 'skipped'
}

function scoreText(
  part: Pick<ResultRow, 'score' | 'low' | 'high' | 'n' | 'total' | 'groups' | 'groupTotal' | 'groupScore'>,
): string {
  const {score, low, high, n, total} = part
  const groups = part.groups === undefined ? '' : `, ${words.groupText(part)}`
  return `${words.percent(score)} % (95 % interval ${words.interval(low, high)}), n ${words.sampleCount({n, total})}${groups}`
}

function gateSuite(comparison: Comparison): Suite {
  const name = `${comparison.new.arm} against ${comparison.base.arm}`
  return {
    name,
    properties: [],
    cases: comparison.pairs.map(pair => ({
      name: `gate: ${pair.bench}`,
      suite: name,
      text: `${pair.verdict}: ${words.pairSentence(pair, comparison)}`,
      verdict:
        comparison.gated && !pair.gate.passed ? (pair.gate.outcome === 'failed' ? 'failed' : 'skipped') : 'passed',
    })),
  }
}

function caseElement({name, suite, text, verdict}: Case): string {
  const open = `    <testcase classname="${xmlText(suite)}" name="${xmlText(name)}">`
  const element = {failed: 'failure', error: 'error', skipped: 'skipped'}
  const inner =
    verdict === 'passed'
      ? `<system-out>${xmlText(text)}</system-out>`
      : `<${element[verdict]} message="${xmlText(text)}"/>`
  return `${open}${inner}</testcase>`
}

function counts(cases: readonly Case[]): string {
  const of = (verdict: Case['verdict']) => cases.filter(one => one.verdict === verdict).length
  return ` tests="${cases.length}" failures="${of('failed')}" errors="${of('error')}" skipped="${of('skipped')}"`
}

/** Text as XML; characters that XML 1.0 cannot hold become the replacement character. */
function xmlText(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&apos;',
  }
  return text
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll(/[&<>"']/g, character => entities[character]!)
}
