// The teacher-forced reading of an arm: the own text up to its answer is kept, the latents in it are replaced as the
// arm says, and the answers that could follow are compared. Nothing is generated, so arms whose texts drift apart are
// still compared behind the same words.
import type {OwnText} from '../../core/generation.js'
import {mentions} from '../../core/mentions.js'
import type {Blocks, ChooseLatent, Intervention} from '../../modes/interventions.js'
import type {LatentIds} from '../../modes/latent-machine.js'
import type {PromptState} from './decode.js'
import {requireFinite} from './finite.js'
import {KvCache} from './kv-cache.js'
import {promptPlaces} from './prompt-tokens.js'
import type {ForcedToken} from './score.js'
import type {Model} from './types.js'

/** The changes of an arm to the own text, and the vectors for the places that are left. */
export interface ReadingRules extends Pick<Intervention, 'blocks' | 'most' | 'hides'> {
  /** The vectors that stand at the places of the own text, before `choose` replaces them. */
  readonly own: Blocks
  readonly choose: ChooseLatent
  readonly ids: LatentIds
}

/** Tokens that see the same cache, and the places that it loses after them. */
interface Piece {
  readonly tokens: ForcedToken[]
  drop: readonly number[]
}

/** Reads many arms behind one prompt; the cache of the prompt is laid out once. */
export class ForcedReader {
  readonly #model: Pick<Model, 'decode' | 'embed' | 'checkpoint'>
  readonly #caches = new WeakMap<PromptState, KvCache>()

  constructor(model: Pick<Model, 'decode' | 'embed' | 'checkpoint'>) {
    this.#model = model
  }

  /**
   * Natural log-probability of each answer, summed over its tokens and normalised over the answers.
   * @param kept the ids of the own text that are kept, all before the answer
   * @param answers token ids of each answer
   * Throws LanternError `bad-checkpoint` for an output that is not finite.
   */
  async read(
    prompt: PromptState,
    kept: readonly number[],
    {latentAt}: Pick<OwnText, 'latentAt'>,
    rules: ReadingRules,
    answers: readonly (readonly number[])[],
  ): Promise<number[]> {
    const {text, ids} = this.#model.checkpoint
    const pieces = piecesOf(prompt, kept, new Set(latentAt), rules, ids.image)
    const start = prompt.ids.length - 1
    let cache = this.#caches.get(prompt)
    if (cache === undefined || pieces.length > 1) {
      const laidOut = new KvCache(text, 1)
      laidOut.add(prompt.output.delta, start)
      if (pieces.length === 1) this.#caches.set(prompt, laidOut)
      cache = laidOut
    }
    let place = start + prompt.ropeDelta
    for (const {tokens, drop} of pieces.slice(0, -1)) {
      const {delta} = await this.#run(cache, tokens, place)
      cache.extend(delta, tokens.length)
      cache.drop(0, drop)
      place += tokens.length
    }
    return normalised(await this.#answers(cache, pieces.at(-1)!.tokens, place, answers))
  }

  /** The summed log-probability of each answer; what all answers begin with is left out, because it is the same. */
  async #answers(
    cache: KvCache,
    tokens: readonly ForcedToken[],
    place: number,
    answers: readonly (readonly number[])[],
  ): Promise<number[]> {
    const common = commonLength(answers)
    const asTokens = (ids: readonly number[]) => ids.map(id => ({id}))
    if (answers.every(answer => answer.length === common + 1)) {
      const fed = [...tokens, ...asTokens(answers[0]!.slice(0, common))]
      const rows = answers.map(() => fed.length - 1)
      const {logProbs} = await this.#run(
        cache,
        fed,
        place,
        rows,
        answers.map(answer => answer[common]!),
      )
      return Array.from(logProbs!)
    }
    const scores: number[] = []
    for (const answer of answers) {
      const fed = [...tokens, ...asTokens(answer.slice(0, -1))]
      const read = answer.slice(common)
      const rows = read.map((_, i) => tokens.length - 1 + common + i)
      const {logProbs} = await this.#run(cache, fed, place, rows, read)
      scores.push(logProbs!.reduce((sum, value) => sum + value, 0))
    }
    return scores
  }

  async #run(
    cache: KvCache,
    tokens: readonly ForcedToken[],
    place: number,
    rows?: readonly number[],
    targets?: readonly number[],
  ) {
    const {hidden} = this.#model.checkpoint.text
    const length = tokens.length
    const embeds = this.#model.embed(tokens.map(({id}) => id))
    for (const [i, {vector}] of tokens.entries()) if (vector) embeds.set(vector, i * hidden)
    const output = await this.#model.decode({
      batch: 1,
      length,
      embeds,
      positions: Int32Array.from({length: 3 * length}, (_, i) => place + (i % length)),
      totals: Int32Array.of(cache.lengths[0]! + length),
      past: cache.past(),
      latents: Uint8Array.from(tokens, ({vector}) => (vector === undefined ? 0 : 1)),
      ...(rows && {rows: Int32Array.from(rows)}),
      ...(targets && {targets: Int32Array.from(targets)}),
    })
    if (output.logProbs) requireFinite(output.logProbs)
    return output
  }
}

/**
 * The last prompt token and the kept text as the arm feeds them, cut where the cache loses positions. Places are those
 * of the cache at that moment.
 */
function piecesOf(
  prompt: PromptState,
  kept: readonly number[],
  latentAt: ReadonlySet<number>,
  {blocks, most = Number.POSITIVE_INFINITY, hides, own, choose, ids}: ReadingRules,
  imageToken: number,
): Piece[] {
  let piece: Piece = {tokens: [{id: prompt.ids.at(-1)!}], drop: []}
  const pieces = [piece]
  let length = prompt.ids.length
  const cut = (drop: readonly number[]) => {
    piece.drop = drop
    length -= drop.length
    piece = {tokens: [], drop: []}
    pieces.push(piece)
  }
  const feed = (token: ForcedToken) => length++ && piece.tokens.push(token)
  let block = -1
  let index = 0
  let inBlock = false
  /** Places of the latents of the block that was just left. */
  let fed: number[] = []
  for (const [i, id] of kept.entries()) {
    if (latentAt.has(i)) {
      if (!inBlock) [block, index, inBlock, fed] = [block + 1, 0, true, []]
      const place = {block, index: index++}
      if (blocks !== undefined || place.index >= most) continue
      fed.push(length)
      feed({id, vector: choose(vectorAt(own, place), place)})
      continue
    }
    const left = inBlock
    inBlock = false
    if (blocks === 'none' && (latentAt.has(i + 1) || (left && id === ids.end))) continue
    if (left && block === 0 && hides !== undefined && hides !== 'latents')
      cut(promptPlaces(prompt.ids, hides, imageToken))
    feed({id})
    // Behind the last kept token comes the answer itself, which needs a position to be read from.
    if (left && hides === 'latents' && i + 1 < kept.length) cut(fed)
  }
  return pieces
}

/** Where the recorded block has fewer latents, they repeat. */
function vectorAt(own: Blocks, {block, index}: {block: number; index: number}): Float32Array {
  const vectors = own[block % own.length]!
  return vectors[index % vectors.length]!
}

/** How many ids all answers begin with, leaving at least one of each. */
function commonLength(answers: readonly (readonly number[])[]): number {
  const shortest = Math.min(...answers.map(({length}) => length))
  let common = 0
  while (common < shortest - 1 && answers.every(answer => answer[common] === answers[0]![common])) common++
  return common
}

/** Logarithms of shares that add up to 1. */
function normalised(scores: readonly number[]): number[] {
  const most = Math.max(...scores)
  const total = most + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - most), 0))
  return scores.map(score => score - total)
}

/** The part of an own text that a reading keeps. */
export interface Kept {
  readonly ids: readonly number[]
  /** What could follow; each begins with the text that the ids do not say. */
  readonly answers: readonly string[]
}

/**
 * The text up to the first place behind the latents at which the answer is said. What is said once may only be copied
 * later, whatever the latents hold. Where another option is named before, the text weighs its options, and the place
 * that was read is taken.
 */
export function keptText({ids, latentAt, places}: OwnText, decode: (ids: readonly number[]) => string): Kept {
  const behind = (latentAt.at(-1) ?? -1) + 1
  const latentText = decode(ids.slice(0, behind))
  const last = places.at(-1)!
  for (const {before, answers} of places) {
    const {kept, rest} = keptIds(ids, before, decode)
    if (kept.length < behind) continue
    const between = before.slice(latentText.length)
    const weighs = answers.some(answer => mentions(between, answer).length > 0)
    if (before === last.before || !weighs) return {ids: kept, answers: answers.map(answer => rest + answer)}
  }
  const {kept, rest} = keptIds(ids, last.before, decode)
  return {ids: kept, answers: last.answers.map(answer => rest + answer)}
}

/**
 * The longest beginning of `ids` that says no more than `before`, and what of `before` is left. Tokens may cut
 * characters, so every length is tried.
 */
function keptIds(
  ids: readonly number[],
  before: string,
  decode: (ids: readonly number[]) => string,
): {readonly kept: readonly number[]; readonly rest: string} {
  let kept = 0
  let said = ''
  for (let length = 1; length <= ids.length; length++) {
    const text = decode(ids.slice(0, length))
    if (text.length > before.length) break
    if (before.startsWith(text)) [kept, said] = [length, text]
  }
  return {kept: ids.slice(0, kept), rest: before.slice(said.length)}
}
