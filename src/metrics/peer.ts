// The score that a peer gave an imported sample, kept as `metrics.peer` of its record and compared with ours.
import type {Score} from '../core/outcome.js'

/** True if both could score the sample and disagree, or if the peer scored a failure as an answer. */
export function differsFromPeer({outcome, score}: Pick<Score, 'outcome' | 'score'>, peer: number | null): boolean {
  return peer !== null && outcome !== 'unscored' && peer !== score
}
