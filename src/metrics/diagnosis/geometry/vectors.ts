// Sums over vectors, in double precision: latents are stored in single or half.

export type Vector = Float32Array | Float64Array

export function dot(a: Vector, b: Vector): number {
  if (a.length !== b.length) throw new RangeError(`vectors of ${a.length} and ${b.length} do not compare`)
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

export function norm(a: Vector): number {
  return Math.sqrt(dot(a, a))
}

/** Cosine of two vectors; 0 where one of them is zero. */
export function cosine(a: Vector, b: Vector): number {
  const length = norm(a) * norm(b)
  return length === 0 ? 0 : dot(a, b) / length
}

/** Adds `factor` times a vector to a sum. */
export function addTo(sum: Float64Array, vector: Vector, factor = 1): void {
  if (sum.length !== vector.length) throw new RangeError(`vectors of ${sum.length} and ${vector.length} do not add`)
  for (let i = 0; i < sum.length; i++) sum[i]! += factor * vector[i]!
}

/** The mean of vectors of one length. Throws RangeError without any. */
export function meanOf(vectors: readonly Vector[]): Float64Array {
  const [first] = vectors
  if (first === undefined) throw new RangeError('a mean needs vectors')
  const mean = new Float64Array(first.length)
  for (const vector of vectors) addTo(mean, vector, 1 / vectors.length)
  return mean
}
