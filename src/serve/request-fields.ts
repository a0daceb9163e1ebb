// Reads single fields of a request. Pure; what is wrong is said as a `Refusal` that names the field.
import type {JsonObject} from '../core/json.js'
import type {ImageRef, Orientation} from '../core/sample.js'
import {decodedVector} from '../core/vector-text.js'
import {Refusal} from './refusal.js'

export function wrong(param: string, what: string): Refusal {
  return new Refusal(400, `${param} ${what}.`, param)
}

export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}

export function flagIn(body: JsonObject, name: string): boolean {
  const value = body[name] ?? false
  if (typeof value !== 'boolean') throw wrong(name, 'must be true or false')
  return value
}

interface Bounds {
  readonly min: number
  readonly max: number
  readonly whole?: boolean
}

export function numberIn(body: JsonObject, name: string, {min, max, whole = false}: Bounds): number | undefined {
  const value = body[name]
  if (!isGiven(value)) return undefined
  if (typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value))) return value
  throw wrong(name, `must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}`)
}

const dataUri = /^data:image\/[a-z0-9.+-]{1,40};base64,/i

/** The picture of a data URI. Anything that would have to be fetched is refused. */
export function pictureOf(url: unknown, at: string, orientation: Orientation = 'ignore'): ImageRef {
  if (typeof url !== 'string') throw wrong(at, 'must hold a url')
  const head = dataUri.exec(url.slice(0, 100))
  if (head === null)
    throw wrong(at, 'must be a data URI of a picture in base64: this server fetches nothing from the network')
  const bytes = Buffer.from(url.slice(head[0].length), 'base64')
  if (bytes.length === 0) throw wrong(at, 'holds no picture')
  return {source: at, orientation, bytes: async () => bytes}
}

export function vectorIn(value: unknown, at: string): Float32Array {
  const vector = decodedVector(value)
  if (vector === undefined) throw wrong(at, 'must be a list of finite numbers, or the base64 of float32 numbers')
  return vector
}

export function vectorsIn(value: unknown, at: string): Float32Array[] {
  if (!Array.isArray(value)) throw wrong(at, 'must be a list of vectors')
  return value.map((vector: unknown, index) => vectorIn(vector, `${at}[${index}]`))
}
