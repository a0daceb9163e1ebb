// What a request that somebody waits for adds to its decoding: the text as it grows, and vectors to feed.
import {LanternError} from '../../core/errors.js'
import {cutAtStop, type Request} from '../../core/generation.js'
import type {ChooseLatent} from '../../modes/interventions.js'

/**
 * Tells the waiting one each piece of text once. Held back: half a character (U+FFFD at the end), and what may become a
 * stop string. Special tokens and latents have no text.
 */
export function textWatch(
  {live, decoding: {stop = []}}: Pick<Request, 'live' | 'decoding'>,
  eos: ReadonlySet<number>,
  decode: (ids: readonly number[]) => string,
): (ids: readonly number[]) => void {
  let told = ''
  return ids => {
    const whole = decode(eos.has(ids.at(-1)!) ? ids.slice(0, -1) : ids)
    const {text, cut} = cutAtStop(whole, stop)
    const sure = cut ? text : withoutBegunStop(text.replace(/\uFFFD+$/, ''), stop)
    if (sure.length <= told.length || !sure.startsWith(told)) return
    live!.text(sure.slice(told.length))
    told = sure
  }
}

/** The text without the longest end that begins a stop string. */
function withoutBegunStop(text: string, stops: readonly string[]): string {
  const longest = Math.max(0, ...stops.map(({length}) => length - 1))
  for (let size = Math.min(longest, text.length); size > 0; size--) {
    const end = text.slice(-size)
    if (stops.some(stop => stop.startsWith(end))) return text.slice(0, -size)
  }
  return text
}

/**
 * Feeds the given vectors, by block and place, and elsewhere what `otherwise` chooses. Throws LanternError `usage` for
 * a vector of another width than the model's.
 */
export function injected(blocks: NonNullable<Request['inject']>, otherwise: ChooseLatent, width: number): ChooseLatent {
  const wrong = blocks.flat().find(({length}) => length !== width)
  if (wrong !== undefined)
    throw new LanternError('usage', `A latent to inject has ${wrong.length} numbers, but those of the model ${width}.`)
  return (own, at) => blocks[at.block]?.[at.index] ?? otherwise(own, at)
}
