// The score a peer gave an imported sample, kept as `metrics.peer` of its record, held against ours.
import type {Score} from '../core/outcome.js'

/** True if both could judge the sample and did not agree, or if the peer scored as an answer what was a failure. */
export function differsFromPeer({outcome, score}: Pick<Score, 'outcome' | 'score'>, peer: number | null): boolean {
  return peer !== null && outcome !== 'unscored' && peer !== score
}
