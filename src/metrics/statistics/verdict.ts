// The verdict of a comparison and the gate over it (design/contract.md, "compare"). The words follow the two-sided
// test; the gate is a one-sided test of its own, against the margin.
import type {Interval} from './interval.js'

export type Verdict = 'improved' | 'equivalent' | 'regressed' | 'inconclusive'
export type GateOutcome = 'passed' | 'failed' | 'inconclusive'

/** What a verdict is read from: the two-sided interval at 1 - alpha, and the one-sided bounds, each at alpha. */
export interface Tested extends Interval {
  readonly bounds: Interval
}

/**
 * `improved` and `regressed` where the interval excludes 0, which it does exactly when p is at most alpha; `equivalent`
 * where both one-sided tests hold within the margin (Schuirmann 1987).
 */
export function verdictOf({low, high, bounds}: Tested, margin: number): Verdict {
  if (low > 0) return 'improved'
  if (high < 0) return 'regressed'
  return bounds.low > -margin && bounds.high < margin ? 'equivalent' : 'inconclusive'
}

/**
 * Non-inferiority: passes when a loss of the margin is ruled out at alpha, fails when a loss beyond it is shown at
 * alpha, both one-sided. A failure at p (two-sided) between alpha and 2 alpha stands beside an `inconclusive` verdict:
 * the gate asks in one direction.
 */
export function gateOf({bounds}: Tested, margin: number): GateOutcome {
  if (bounds.low > -margin) return 'passed'
  return bounds.high < -margin ? 'failed' : 'inconclusive'
}

/**
 * Several gates in one: any failure fails, then any doubt is doubt. Needs no correction: all have to pass
 * (intersection-union; Berger 1982, Technometrics 24:295).
 */
export function worstGate(results: readonly GateOutcome[]): GateOutcome {
  return results.includes('failed') ? 'failed' : results.includes('inconclusive') ? 'inconclusive' : 'passed'
}

/** Several verdicts in one: what holds for all of them; one regression is a regression, else one doubt is doubt. */
export function overallVerdict(verdicts: readonly Verdict[]): Verdict {
  const order: readonly Verdict[] = ['regressed', 'inconclusive', 'improved', 'equivalent']
  return order.find(verdict => verdicts.includes(verdict)) ?? 'inconclusive'
}
