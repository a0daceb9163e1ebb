// Vectors in JSON: the base64 of their float32 numbers, little-endian, so that nothing is rounded.

export function encodedVector(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')
}

/** A vector from its base64, or from a list of numbers; undefined for anything else, or a number that is not finite. */
export function decodedVector(value: unknown): Float32Array | undefined {
  const vector = typeof value === 'string' ? fromBase64(value) : Array.isArray(value) ? listed(value) : undefined
  return vector !== undefined && vector.length > 0 && vector.every(Number.isFinite) ? vector : undefined
}

function listed(values: readonly unknown[]): Float32Array | undefined {
  return values.every(value => typeof value === 'number') ? Float32Array.from(values as readonly number[]) : undefined
}

function fromBase64(text: string): Float32Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length % 4 !== 0) return undefined
  return new Float32Array(Uint8Array.from(bytes).buffer)
}
