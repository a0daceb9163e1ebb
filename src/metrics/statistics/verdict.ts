// The verdict of a comparison and the gate over it (design/contract.md, "compare"): from the one-sided bounds of the
// difference and a margin.
import type {Interval} from './interval.js'

export type Verdict = 'improved' | 'equivalent' | 'regressed' | 'inconclusive'
export type GateResult = 'passed' | 'failed' | 'inconclusive'

/** The bounds are each one-sided at alpha, i.e. an interval at 1 - 2 alpha: two one-sided tests (Schuirmann 1987). */
export function verdictOf({low, high}: Interval, margin: number): Verdict {
  if (low > 0) return 'improved'
  if (low > -margin && high < margin) return 'equivalent'
  if (high < 0) return 'regressed'
  return 'inconclusive'
}

/** Non-inferiority: passes when a loss of the margin is ruled out, fails when a loss beyond the margin is shown. */
export function gateOf({low, high}: Interval, margin: number): GateResult {
  if (low > -margin) return 'passed'
  return high < -margin ? 'failed' : 'inconclusive'
}

/**
 * Several gates in one: any failure fails, then any doubt is doubt. Needs no correction: all have to pass
 * (intersection-union).
 */
export function worstGate(results: readonly GateResult[]): GateResult {
  return results.includes('failed') ? 'failed' : results.includes('inconclusive') ? 'inconclusive' : 'passed'
}

/** Several verdicts in one: what holds for all of them; one regression is a regression, else one doubt is doubt. */
export function overallVerdict(verdicts: readonly Verdict[]): Verdict {
  const order: readonly Verdict[] = ['regressed', 'inconclusive', 'improved', 'equivalent']
  return order.find(verdict => verdicts.includes(verdict)) ?? 'inconclusive'
}
