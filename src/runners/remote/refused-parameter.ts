// Which parameter a server refuses. One that it does not know, or does not want for a model, is left out of the body;
// one that is only too large is not, since that would be another question.
import type {SaidError} from './said-error.js'

/** The parameters that may be left out; what `--extra-body` brings is the user's own. */
export const parameters = ['max_tokens', 'max_completion_tokens', 'temperature', 'top_p', 'top_k', 'seed'] as const
export type Parameter = (typeof parameters)[number]

/** Not known, or not wanted: OpenAI, vLLM, Pydantic (Mistral, Azure), Gemini, Anthropic, Bedrock. */
const unwanted =
  /unsupported|not (?:be )?support|n't support|unrecogni[sz]ed|unknown|unexpected|extra_?forbidden|extra (?:inputs?|fields?)|not (?:be )?(?:permitted|allowed|accepted|available|implemented|recognized|used|set|specified|configurable|compatible)|deprecated|no longer|both be|only the default|only one|invalid (?:parameter|argument|field)|remove |cannot find field|incompatible/i
/** No value that we could send will do: TGI and others want greedy decoding without a temperature. */
const outOfRange =
  /strictly positive|must be|should be|has to be|in range|between|greater than|less than|at least|at most|out of range/i

/** Bodies are refused with these statuses; TGI says 422, older gateways 500. */
const refusals: ReadonlySet<number> = new Set([400, 404, 405, 406, 409, 415, 422, 500, 501])

/**
 * The one of the parameters `sent` that the server refuses; undefined where it complains of something else. Of two that
 * exclude each other the temperature stays.
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
    name => unwanted.test(said) || (!name.startsWith('max_') && (param === name || outOfRange.test(said))),
  )
  return candidates.length > 1 && candidates[0] === 'temperature' ? candidates[1] : candidates[0]
}

/** As a word of its own, in either spelling: `top_p`, `topP`. */
function mentions(text: string, name: Parameter): boolean {
  const camel = name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return new RegExp(`(?<![\\w-])(?:${name}|${camel})(?![\\w-])`).test(text)
}
