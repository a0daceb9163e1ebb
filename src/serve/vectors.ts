// Latents in JSON: a vector is the base64 of its float32 numbers, little-endian, so that nothing is rounded.
import {Refusal} from './refusal.js'

export function encodedVector(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')
}

/** Reads base64, or a list of numbers. Throws `Refusal` for anything else, and for numbers that are not finite. */
export function vectorOf(value: unknown, param: string): Float32Array {
  const vector = typeof value === 'string' ? fromBase64(value) : Array.isArray(value) ? listed(value) : undefined
  if (vector === undefined || vector.length === 0 || !vector.every(Number.isFinite))
    throw new Refusal(400, `${param} must be a list of finite numbers, or the base64 of float32 numbers.`, param)
  return vector
}

function listed(values: readonly unknown[]): Float32Array | undefined {
  return values.every(value => typeof value === 'number') ? Float32Array.from(values as readonly number[]) : undefined
}

function fromBase64(text: string): Float32Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length % 4 !== 0) return undefined
  return new Float32Array(Uint8Array.from(bytes).buffer)
}
