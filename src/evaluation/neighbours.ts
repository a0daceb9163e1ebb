// Pairs each sample of a stream with another one that has other pictures: the next such sample, and for the last ones
// the first. It is the same one in every arm, and whatever is settled already.
import type {Sample} from '../core/sample.js'

export interface Paired {
  readonly sample: Sample
  /** Null where none of the samples looked at has another picture. */
  readonly other: Sample | null
}

/** Samples that wait for their neighbour at once; rows of one picture are seldom longer. */
const most = 64

/** In the order of the stream. */
export async function* withNeighbours(samples: AsyncIterable<Sample>): AsyncGenerator<Paired> {
  /** The first sample, and the first with another picture: whoever is held keeps its pictures in memory. */
  const first: Sample[] = []
  const waiting: Sample[] = []
  for await (const next of samples) {
    if (first.length < 2 && (first.length === 0 || differ(first[0]!, next))) first.push(next)
    while (waiting.length > 0 && (waiting.length >= most || differ(waiting[0]!, next))) {
      const sample = waiting.shift()!
      yield {sample, other: [...waiting, next].find(other => differ(sample, other)) ?? null}
    }
    waiting.push(next)
  }
  for (const [index, sample] of waiting.entries())
    yield {sample, other: [...waiting.slice(index + 1), ...first].find(other => differ(sample, other)) ?? null}
}

/** Whether two samples have pictures, of different items and from different places. */
function differ(one: Sample, other: Sample): boolean {
  const item = (sample: Sample) => sample.item ?? sample.id
  const alike = one.cluster !== undefined && one.cluster === other.cluster
  if (item(one) === item(other) || alike || other.images.length === 0) return false
  return !one.images.some(image => other.images.some(({source}) => source === image.source))
}
