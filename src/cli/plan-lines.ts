// `run --dry-run` and `diagnose --dry-run` as text; the JSON is the plan itself.
import type {DiagnosisPlan} from '../evaluation/diagnosed-run.js'
import type {ArmPlan, Cost, Plan} from '../evaluation/plan.js'
import {labelled} from '../reports/formats/layout.js'

/** A whole plan in lines of at most `width` columns. */
export function planLines(plan: Plan, width: number): string[] {
  const lines = [
    ...plan.benchmarks.flatMap(benchmarkLines),
    ...armLines(plan),
    `Run folder ${plan.runDir}, lock ${plan.lock}. Nothing was sent.`,
  ]
  return lines.flatMap(line => wrapped(line, width))
}

/** The plan of a diagnosis in lines of at most `width` columns: one for each condition, then what all come to. */
export function diagnosisPlanLines(plan: DiagnosisPlan, width: number): string[] {
  const {suite, conditions, answers, settled, answersAgain, forcedReadings, decodeStepsAtMost} = plan
  const held = settled > 0 ? `, ${settled} of them in the run folder already` : ''
  const lines = [
    ...plan.benchmarks.flatMap(benchmarkLines),
    `${conditions.length} conditions of the suite ${suite}:`,
    ...conditions.map(
      ({condition, items, decodeStepsAtMost}) => `  ${condition}: ${items} answers, at most ${decodeStepsAtMost} steps`,
    ),
    `${answers} answers${held}; ${answersAgain} own answers a second time; ${forcedReadings} teacher-forced readings.`,
    `At most ${decodeStepsAtMost} decode steps, and about ${plan.prefills} prefills.`,
    'The time is not known beforehand. A local checkpoint costs nothing but time.',
    `Run folder ${plan.runDir}, lock ${plan.lock}. Nothing was asked.`,
  ]
  return lines.flatMap(line => wrapped(line, width))
}

function benchmarkLines({id, split, sample, items, layout, subtasks}: Plan['benchmarks'][number]): string[] {
  const counts = Object.entries(subtasks).map(([name, count]) => `${name} ${count}`)
  const builtin = sample === 'builtin' ? ' (built-in sample)' : ''
  return [`${id} ${split}${builtin}: ${items} items from ${layout}`, `  ${counts.join(', ')}`]
}

/** Later lines of a long one are indented behind it. */
function wrapped(line: string, width: number): string[] {
  return labelled(/^ */.exec(line)![0], line.trim(), width)
}

/** The lines of the arms, and of their total cost. */
function armLines({arms, cost, judge}: Pick<Plan, 'arms' | 'cost' | 'judge'>): string[] {
  const lines = arms.flatMap(arm => [headLine(arm), ...promptLines(arm)])
  if (cost !== null && arms.filter(({requests}) => requests > 0).length > 1) lines.push(`All arms: ${costText(cost)}`)
  if (judge !== null)
    lines.push(`The judge is asked at most ${judge.requestsAtMost} times more; its tokens depend on the answers.`)
  return lines
}

function headLine({id, items, settled, requests, newTokensAtMost}: ArmPlan): string {
  const parts = [
    `${items} items${settled > 0 ? ` (${settled} settled)` : ''}`,
    ...(requests > 0 ? [`${requests} requests`] : []),
    `at most ${newTokensAtMost} new tokens`,
  ]
  return `${id}: ${parts.join(', ')}`
}

function promptLines({prompts, cost}: ArmPlan): string[] {
  if (prompts === null) return []
  const {tokens, textTokens, imageTokens, basis, rule, failing} = prompts
  const about = basis === 'counted' ? '' : 'about '
  const amount =
    tokens === null
      ? `${about}${textTokens} tokens of text, pictures unknown`
      : `${about}${tokens} tokens${imageTokens ? `, ${imageTokens} of them pictures` : ''}`
  return [
    `  prompts: ${amount} (${basis}: ${rule})`,
    ...(failing > 0
      ? [`  ${failing} prompts cannot be asked (pictures unreadable, or the model's own special tokens in the text)`]
      : []),
    ...(cost === null ? [] : [`  cost: ${costText(cost)} (${cost.rule})`]),
  ]
}

function costText({promptUsd, newUsdAtMost}: Cost): string {
  return `about ${dollars(promptUsd)} for prompts, at most ${dollars(newUsdAtMost)} for new tokens`
}

/** Two decimals; below a cent, two significant digits. */
function dollars(usd: number): string {
  return `${usd >= 0.1 || usd === 0 ? usd.toFixed(2) : Number(usd.toPrecision(2))} USD`
}
