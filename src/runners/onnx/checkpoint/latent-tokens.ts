// Finds the latent marker tokens of a checkpoint. Takes their ids from config.json, otherwise looks up their texts in
// tokenizer.json.
import {LanternError} from '../../../core/errors.js'
import type {LatentTokens} from '../types.js'
import type {RawConfig} from './config.js'

/**
 * The marker texts of each published method and its number of latents per block (latent-reasoning.md, 2.3 and 2.4).
 * LVR shares START and END with LanteRn; the pad token distinguishes them.
 */
const methods = [
  {protocol: 'lantern', size: 8, texts: {start: '<|lvr_start|>', pad: '<|lvr_sep|>', end: '<|lvr_end|>'}},
  {protocol: 'lvr', size: 8, texts: {start: '<|lvr_start|>', pad: '<|lvr|>', end: '<|lvr_end|>'}},
  {protocol: 'monet', size: 10, texts: {start: '<abs_vis_token>', pad: '<abs_vis_token_pad>', end: '</abs_vis_token>'}},
  {protocol: 'mirage', size: 8, texts: {start: '<|latent_start|>', pad: '<|latent_pad|>', end: '<|latent_end|>'}},
  {protocol: 'skila', size: 54, texts: {start: '<|sketch_start|>', pad: '<|skila|>', end: '<|sketch_end|>'}},
] as const

/** Ids that no token has, for a checkpoint without latent tokens. */
export const noLatentIds: LatentTokens['ids'] = {start: -1, pad: -1, end: -1}

const roles = ['start', 'pad', 'end'] as const

/**
 * The latent tokens, or null when neither config.json nor the tokenizer (`known`: ids by text) names any. A tokenizer
 * may lack tokens whose ids are in the config, provided that appending them (in the order start, pad, end) gives
 * exactly those ids. Any other disagreement is `bad-checkpoint`.
 */
export function latentTokens(
  raw: RawConfig,
  known: ReadonlyMap<string, number>,
  vocabulary: number,
  dir: string,
): LatentTokens | null {
  const named = methods.find(({texts}) => roles.every(role => known.has(texts[role])))
  const pad = raw.lvr_sep_id ?? raw.lvr_id
  const configured = raw.lvr_start_id != null && pad != null && raw.lvr_end_id != null
  const method = configured ? methods[raw.lvr_sep_id != null ? 0 : 1] : named
  if (method === undefined) return null

  const {protocol, texts} = method
  const ids = configured
    ? {start: raw.lvr_start_id!, pad: pad!, end: raw.lvr_end_id!}
    : {start: known.get(texts.start)!, pad: known.get(texts.pad)!, end: known.get(texts.end)!}
  const bad = (what: string) =>
    new LanternError(
      'bad-checkpoint',
      `${dir}: ${what}.`,
      'Use the config.json and tokenizer.json that were saved with these weights.',
    )
  for (const role of roles) {
    if (ids[role] >= vocabulary) {
      throw bad(
        `the id ${ids[role]} of ${texts[role]} lies outside the vocabulary: model.embed_tokens.weight has ${vocabulary} rows`,
      )
    }
  }
  if (new Set(Object.values(ids)).size < 3)
    throw bad(`the latent ids ${ids.start}, ${ids.pad}, ${ids.end} are not distinct`)
  let next = [...known.values()].reduce((most, id) => Math.max(most, id), -1) + 1
  const texts_ = new Map([...known].map(([text, id]) => [id, text]))
  for (const role of roles) {
    const text = texts[role]
    const inTokenizer = known.get(text)
    if (inTokenizer === undefined) {
      const taken = texts_.get(ids[role])
      if (taken !== undefined)
        throw bad(
          `tokenizer.json has no ${text}, and its id ${ids[role]} (config.json) is ${JSON.stringify(taken)} there`,
        )
      if (ids[role] !== next) {
        throw bad(
          `tokenizer.json has no ${text}; if appended, it would get the id ${next}, but config.json says ${ids[role]}`,
        )
      }
      next++
    } else if (inTokenizer !== ids[role]) {
      throw bad(`${text} has the id ${inTokenizer} in tokenizer.json and ${ids[role]} in config.json`)
    }
  }
  // Training writes -1 for a "dynamic" size; the method's default is used instead.
  const size = raw.latent_size != null && raw.latent_size >= 0 ? raw.latent_size : method.size
  return {protocol, size, ids, texts}
}
