// Reads the error in a response body, in the formats of different servers. faults.ts decides what it means.
import {jsonOrNothing} from '../../core/json.js'
import {limits} from '../../core/limits.js'
import {at, countOf, firstOf} from './fields.js'

export interface SaidError {
  /** The provider's message; empty if there is none. */
  readonly message: string
  /** Error codes, e.g. `insufficient_quota`, of the error and of the errors it wraps, separated by blanks. */
  readonly code: string
  /** The parameter at fault, if the server names one. */
  readonly param: string
  /** The HTTP status given in the body. */
  readonly status: number | null
}

const nothing: SaidError = {message: '', code: '', param: '', status: null}

/** Wrapped errors: a gateway puts the body of its provider inside its own. */
const mostWrappings = 6

/** The error in a body that is not a completion: JSON, plain text, or a page with a title. */
export function saidError(body: string): SaidError {
  const json = jsonOrNothing(body)
  if (json !== undefined) return errorIn(json) ?? nothing
  const title = /<title[^>]{0,200}>([^<]{1,300})/i.exec(body.slice(0, 20_000))?.[1]
  if (title !== undefined) return {...nothing, message: title.trim()}
  return isPage(body) ? nothing : (saidInText(body, mostWrappings) ?? nothing)
}

/** Whether a body is HTML or XML. */
export function isPage(body: string): boolean {
  return /^\s*</.test(body)
}

/**
 * The error in a value, in the formats of OpenAI, vLLM, SGLang, llama.cpp and TGI (`error`, `message`), of FastAPI
 * and Mistral (`detail`, a list of them), of Gemini (a list of errors), of AWS (`Message`), and of OpenRouter
 * (`metadata.raw`). Undefined if there is none.
 */
export function errorIn(value: unknown, depth = 0): SaidError | undefined {
  if (depth > mostWrappings || value === null || value === undefined || value === false) return undefined
  if (typeof value === 'string') return saidInText(value, depth)
  if (typeof value === 'number') return {...nothing, message: `error ${value}`, code: String(value)}
  if (Array.isArray(value)) return joined(value.slice(0, 5).map(inner => errorIn(inner, depth + 1)))
  if (typeof value !== 'object') return undefined
  return saidInObject(value, depth)
}

function saidInText(text: string, depth: number): SaidError | undefined {
  // The message is not cut, because half a credential at its end would not be recognised.
  if (text.length > limits.errorChars) return {...nothing, message: `an error of ${text.length} characters`}
  const inner = /^\s*[[{]/.test(text) ? errorIn(jsonOrNothing(text), depth + 1) : undefined
  return inner ?? (text.trim() === '' ? undefined : {...nothing, message: text.trim()})
}

/** Where servers put an error, or its sentence: MiniMax `base_resp`, Apigee `fault`, company gateways the last ones. */
const sentences = [
  ...['error', 'errors', 'message', 'Message', 'detail', 'msg', 'error_msg', 'error_description', 'title'],
  ...['base_resp', 'status_msg', 'fault', 'faultstring', 'errorMessage', 'error_message', 'reason'],
]
const codeNames = [
  ...[
    'code',
    'type',
    'status',
    'error_code',
    'error_type',
    'reason',
    '__type',
    'status_code',
    'statusCode',
    'errorcode',
  ],
]

/** What the first of these fields says that says anything; an empty field does not hide the next. */
function firstSaid(value: object, depth: number): SaidError | undefined {
  for (const name of sentences) {
    const said = errorIn(at(value, name), depth)
    if (said !== undefined) return said
  }
  return undefined
}

function saidInObject(value: object, depth: number): SaidError | undefined {
  const inner = firstSaid(value, depth + 1)
  // The provider's error is more specific than the gateway's.
  const raw = errorIn(firstOf(at(value, 'metadata'), 'raw', 'reasons') ?? at(value, 'innererror'), depth + 1)
  if (inner === undefined && raw === undefined) return undefined
  const codes = codeNames.map(name => at(value, name))
  const place = at(value, 'loc')
  const where = Array.isArray(place) ? place.join('.') : ''
  const param = firstOf(value, 'param', 'parameter')
  const message =
    raw === undefined || raw.message === '' ? (inner?.message ?? '') : besides(inner?.message, raw.message)
  return {
    message: where === '' ? message : `${where}: ${message}`,
    code: [...codes.filter(code => typeof code === 'string' || typeof code === 'number'), inner?.code, raw?.code]
      .filter(Boolean)
      .join(' '),
    param: typeof param === 'string' ? param : inner?.param || raw?.param || lastName(place),
    status: statusIn(codes) ?? inner?.status ?? raw?.status ?? null,
  }
}

function besides(outer: string | undefined, inner: string): string {
  return outer === undefined || outer === '' || inner.includes(outer) ? inner : `${outer}: ${inner}`
}

function joined(errors: readonly (SaidError | undefined)[]): SaidError | undefined {
  const said = errors.filter(error => error !== undefined)
  const [first] = said
  if (first === undefined) return undefined
  return {...first, message: said.map(({message}) => message).join('; ')}
}

function statusIn(codes: readonly unknown[]): number | null {
  const status = codes.map(countOf).find(code => code !== null && code >= 400 && code < 600)
  return status ?? null
}

/** The name at the end of the location that FastAPI and Pydantic give: `["body", "seed"]`. */
function lastName(place: unknown): string {
  const last = Array.isArray(place) ? place.at(-1) : undefined
  return typeof last === 'string' ? last : ''
}
