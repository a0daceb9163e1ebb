// The cost of a reply: as stated by the endpoint or a proxy, else by OpenAI's list prices. The prices may be out of
// date; --max-cost errs on the safe side.
import type {Usage} from '../../core/generation.js'
import type {Price} from '../runner.js'
import type {Endpoint} from './endpoint.js'

/**
 * USD per million tokens: [input, output], without the discount for cached input.
 * developers.openai.com/api/docs/pricing, 2026-11.
 */
const openaiPrices: Readonly<Record<string, readonly [input: number, output: number]>> = {
  'gpt-4o': [2.5, 10],
  'gpt-4o-mini': [0.15, 0.6],
  'gpt-4.1': [2, 8],
  'gpt-4.1-mini': [0.4, 1.6],
  'gpt-4.1-nano': [0.1, 0.4],
  'gpt-5': [1.25, 10],
  'gpt-5-mini': [0.25, 2],
  'gpt-5-nano': [0.05, 0.4],
  'gpt-5.2': [1.75, 14],
  'gpt-5.4': [2.5, 15],
  'gpt-5.4-mini': [0.75, 4.5],
}

/** USD, or null if unknown. A LiteLLM proxy states it in `x-litellm-response-cost`. */
export function costOf(
  price: Price | null,
  {promptTokens, textTokens}: Usage,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): number | null {
  const said = Number.parseFloat(String(headers['x-litellm-response-cost']))
  if (said >= 0) return said
  if (price === null || promptTokens === null || textTokens === null) return null
  return (promptTokens * price.input + textTokens * price.output) / 1e6
}

/** The price that was given, else OpenAI's list price; null if neither is known. */
export function priceOf(
  endpoint: Pick<Endpoint, 'url' | 'name'>,
  given: Pick<Price, 'input' | 'output'> | undefined,
): Price | null {
  return given === undefined ? listPrice(endpoint) : {...given, rule: 'the prices of --price'}
}

/** OpenAI's list price of a model at its own endpoint; null if unknown. */
function listPrice({url, name}: Pick<Endpoint, 'url' | 'name'>): Price | null {
  const model = name.replace(/-\d{4}-\d{2}-\d{2}$/, '')
  const known = new URL(url).hostname === 'api.openai.com' && Object.hasOwn(openaiPrices, model)
  const price = known ? openaiPrices[model] : undefined
  return price === undefined
    ? null
    : {input: price[0], output: price[1], rule: "OpenAI's list prices of 2026-11, answers only"}
}
