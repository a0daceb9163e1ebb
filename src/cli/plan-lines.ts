// `run --dry-run` as text; the JSON is the plan itself.

import type {ArmPlan, Cost, Plan} from '../evaluation/plan.js'
import {labelled} from '../reports/formats/layout.js'

/**
 * The plan within `width` columns: benchmarks, arms, their total cost, the run folder. `beside` comes before the last.
 */
export function planLines(plan: Plan, width: number, beside: readonly string[] = []): string[] {
  const lines = [
    ...plan.benchmarks.flatMap(benchmarkLines),
    ...armLines(plan),
    ...beside,
    `Run folder ${plan.runDir}, lock ${plan.lock}. Nothing was sent.`,
  ]
  // Later lines of a long one are indented behind it.
  return lines.flatMap(line => labelled(/^ */.exec(line)![0], line.trim(), width))
}

function benchmarkLines({id, split, sample, items, layout, subtasks}: Plan['benchmarks'][number]): string[] {
  const counts = Object.entries(subtasks).map(([name, items]) => `${name} ${items}`)
  const builtin = sample === 'builtin' ? ' (built-in sample)' : ''
  return [`${id} ${split}${builtin}: ${items} items from ${layout}`, `  ${counts.join(', ')}`]
}

/** The lines of the arms, and of their total cost. */
function armLines({arms, cost, judge}: Pick<Plan, 'arms' | 'cost' | 'judge'>): string[] {
  const lines = arms.flatMap((arm, k) => {
    const prompts = promptLines(arm)
    const next = arms[k + 1]
    // Arms that ask the same prompts are listed above them.
    return next !== undefined && prompts.join() === promptLines(next).join()
      ? [headLine(arm)]
      : [headLine(arm), ...prompts]
  })
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
