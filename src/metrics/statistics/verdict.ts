// The verdict of a comparison and its gate (design/contract.md, "compare"). The verdict follows the two-sided test; the
// gate is a separate one-sided test against the margin.
import type {Interval} from './interval.js'

export type Verdict = 'improved' | 'equivalent' | 'regressed' | 'inconclusive'
export type GateOutcome = 'passed' | 'failed' | 'inconclusive'

/** The input of a verdict: the two-sided interval at 1 - alpha, and the one-sided bounds, each at alpha. */
export interface Tested extends Interval {
  readonly bounds: Interval
}

/**
 * `improved` or `regressed` if the interval excludes 0, which is the case exactly when p is at most alpha; `equivalent`
 * if both one-sided tests against the margin reject (Schuirmann 1987).
 */
export function verdictOf({low, high, bounds}: Tested, margin: number): Verdict {
  if (low > 0) return 'improved'
  if (high < 0) return 'regressed'
  return bounds.low > -margin && bounds.high < margin ? 'equivalent' : 'inconclusive'
}

/**
 * Non-inferiority: passes when a loss of the margin is ruled out at alpha, fails when a loss beyond it is shown at
 * alpha, both one-sided. If the two-sided p lies between alpha and 2 alpha, the gate can fail while the verdict is
 * `inconclusive`, because the gate is one-sided.
 */
export function gateOf({bounds}: Tested, margin: number): GateOutcome {
  if (bounds.low > -margin) return 'passed'
  return bounds.high < -margin ? 'failed' : 'inconclusive'
}

/**
 * Combines several gates: failed if any failed, otherwise inconclusive if any is. It needs no correction, because all
 * have to pass (intersection-union; Berger 1982, Technometrics 24:295).
 */
export function worstGate(results: readonly GateOutcome[]): GateOutcome {
  return results.includes('failed') ? 'failed' : results.includes('inconclusive') ? 'inconclusive' : 'passed'
}

/**
 * Combines several verdicts: one regression makes a regression; otherwise one inconclusive verdict makes it
 * inconclusive; otherwise what holds for all of them.
 */
export function overallVerdict(verdicts: readonly Verdict[]): Verdict {
  const order: readonly Verdict[] = ['regressed', 'inconclusive', 'improved', 'equivalent']
  return order.find(verdict => verdicts.includes(verdict)) ?? 'inconclusive'
}
