// Finds the parameter that a server refuses. A parameter that is unknown, or not supported for the model, is left out
// of the body. A value that is only too large is not left out, because that would change the question.
import type {SaidError} from './said-error.js'

/** The parameters that may be left out. Those from `--extra-body` are never left out. */
export const parameters = [
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'seed',
  'stop',
] as const
export type Parameter = (typeof parameters)[number]

/**
 * Names under which servers speak of a parameter that was sent to them under ours (Anthropic, Gemini, Vertex). `stop`
 * is too common a word to count by itself.
 */
const spoken: Partial<Record<Parameter, RegExp>> = {
  stop: /['"`]stop['"`]|\bstop_?sequences?\b|\bstop (?:sequence|string|word|parameter)|: stop\b|(?:parameter|argument|field)s? stop\b/i,
}

/** Unknown or unsupported parameters: OpenAI, vLLM, Pydantic (Mistral, Azure), Gemini, Anthropic, Bedrock. */
const unwanted =
  /unsupported|not (?:be )?support|n't support|unrecogni[sz]ed|unknown|unexpected|extra_?forbidden|extra (?:inputs?|fields?)|not (?:be )?(?:permitted|allowed|accepted|available|implemented|recognized|used|set|specified|configurable|compatible)|deprecated|no longer|both be|only the default|only one|invalid (?:parameter|argument|field)|remove |cannot find field|incompatible/i
/** No value would be accepted: TGI and others express greedy decoding by omitting the temperature. */
const outOfRange =
  /strictly positive|must be|should be|has to be|in range|between|greater than|less than|at least|at most|out of range/i

/** Statuses with which servers refuse a body; TGI uses 422, older gateways 500. */
const refusals: ReadonlySet<number> = new Set([400, 404, 405, 406, 409, 415, 422, 500, 501])

/**
 * The parameter among `sent` that the server refuses; undefined if the error is about something else. If two parameters
 * exclude each other, the temperature is kept.
 */
export function refusedParameter(
  {message, code, param}: Pick<SaidError, 'message' | 'code' | 'param'>,
  status: number,
  sent: readonly Parameter[],
): Parameter | undefined {
  if (!refusals.has(status)) return undefined
  const said = `${code} ${message}`.slice(0, 4_000)
  const named = sent.filter(name => param === name || mentions(said, name))
  const candidates = named.filter(
    // Stop strings are also looked for in the answer, so leaving them out changes no answer.
    name =>
      unwanted.test(said) || name === 'stop' || (!name.startsWith('max_') && (param === name || outOfRange.test(said))),
  )
  return candidates.length > 1 && candidates[0] === 'temperature' ? candidates[1] : candidates[0]
}

/** Matches the parameter as a whole word, in either spelling (`top_p`, `topP`), or as it is spoken of. */
function mentions(text: string, name: Parameter): boolean {
  const other = spoken[name]
  if (other !== undefined) return other.test(text)
  const camel = name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return new RegExp(`(?<![\\w-])(?:${name}|${camel})(?![\\w-])`).test(text)
}
