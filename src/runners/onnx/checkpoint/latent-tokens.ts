// Finds the latent marker tokens of a checkpoint. Takes their ids from config.json, otherwise looks up their texts in
// tokenizer.json.
import {LanternError} from '../../../core/errors.js'
import type {JsonObject} from '../../../core/json.js'
import type {LatentTokens} from '../types.js'

interface Method {
  readonly protocol: string
  readonly texts: LatentTokens['texts']
  /** Names of the ids in config.json, for a method that writes them there. */
  readonly fields?: LatentTokens['texts']
  /** Latents per block where config.json gives no size. */
  readonly size: number
  /** The number in config.json from which the size follows, and what it is multiplied by. */
  readonly sizeField: readonly [field: string, times: number]
  /** Protocols whose checkpoints have the same tokens. */
  readonly alike?: readonly string[]
}

const named = (name: string) => ({start: `<|${name}_start|>`, pad: `<|${name}|>`, end: `<|${name}_end|>`})
const idsNamed = (name: string) => ({start: `${name}_start_id`, pad: `${name}_id`, end: `${name}_end_id`})
const latentSize = ['latent_size', 1] as const

/**
 * The marker texts of each published method and its number of latents per block (latent-reasoning.md 2.3). LVR shares
 * START and END with LanteRn; the pad token distinguishes them.
 */
const methods: readonly Method[] = [
  {
    protocol: 'lantern',
    texts: {start: '<|lvr_start|>', pad: '<|lvr_sep|>', end: '<|lvr_end|>'},
    fields: {start: 'lvr_start_id', pad: 'lvr_sep_id', end: 'lvr_end_id'},
    size: 8,
    sizeField: latentSize,
  },
  {
    protocol: 'lvr',
    texts: named('lvr'),
    fields: idsNamed('lvr'),
    size: 8,
    sizeField: latentSize,
    alike: ['lvr-vanilla', 'lvr-latent-end', 'realvr'],
  },
  {
    protocol: 'monet',
    texts: {start: '<abs_vis_token>', pad: '<abs_vis_token_pad>', end: '</abs_vis_token>'},
    size: 10,
    sizeField: latentSize,
    alike: ['monet-hf'],
  },
  {
    protocol: 'mirage',
    texts: {start: '<|latent_start|>', pad: '<|latent_pad|>', end: '<|latent_end|>'},
    size: 8,
    sizeField: latentSize,
    alike: ['ilvr', 'mull'],
  },
  {
    protocol: 'skila',
    texts: {start: '<|sketch_start|>', pad: '<|skila|>', end: '<|sketch_end|>'},
    size: 54,
    sizeField: latentSize,
  },
  {
    protocol: 'laser',
    texts: named('laser'),
    fields: idsNamed('laser'),
    size: 8,
    sizeField: latentSize,
    alike: ['laser-steps'],
  },
  {
    protocol: 'hylar',
    texts: named('canvas'),
    fields: idsNamed('canvas'),
    size: 32,
    sizeField: ['canvas_token_num', 2],
  },
  {
    protocol: 'swimbird',
    texts: named('latent'),
    fields: idsNamed('latent'),
    size: 64,
    sizeField: ['max_latent_token', 2],
  },
  {
    protocol: 'univlr',
    texts: named('univlr'),
    fields: idsNamed('univlr'),
    size: 24,
    sizeField: ['univlr_slots_per_block', 1],
    alike: ['univlr-2', 'univlr-steps'],
  },
]

/** The protocols whose checkpoints cannot be told from those of this one. */
export function protocolsLike(protocol: string): readonly string[] {
  return [protocol, ...(methods.find(method => method.protocol === protocol)?.alike ?? [])]
}

/** Ids that no token has, for a checkpoint without latent tokens. */
export const noLatentIds: LatentTokens['ids'] = {start: -1, pad: -1, end: -1}

const roles = ['start', 'pad', 'end'] as const

/**
 * The latent tokens, or null when neither config.json nor the tokenizer (`known`: ids by text) names any. A tokenizer
 * may lack tokens whose ids are in the config, provided that appending them (in the order start, pad, end) gives
 * exactly those ids. Any other disagreement is `bad-checkpoint`.
 */
export function latentTokens(
  config: JsonObject,
  known: ReadonlyMap<string, number>,
  vocabulary: number,
  dir: string,
): LatentTokens | null {
  const configured = methods.find(({fields}) => fields && roles.every(role => isId(config[fields[role]])))
  const method = configured ?? methods.find(({texts}) => roles.every(role => known.has(texts[role])))
  if (method === undefined) return null

  const {protocol, texts, fields} = method
  const idOf = (role: (typeof roles)[number]) =>
    configured === undefined ? known.get(texts[role])! : (config[fields![role]] as number)
  const ids = {start: idOf('start'), pad: idOf('pad'), end: idOf('end')}
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
  const [field, times] = method.sizeField
  // Training writes -1 for a "dynamic" size; the method's default is used instead.
  const said = config[field]
  const sized = Number.isInteger(said) && (said as number) >= 0
  return {
    protocol,
    size: sized ? times * (said as number) : method.size,
    ids,
    texts,
    recognisedBy: configured === undefined ? 'the tokenizer' : 'config.json',
    assumed: [
      ...(sized ? [] : [`${method.size} latents per block, the default of ${protocol}: config.json gives no ${field}`]),
      ...(method.alike === undefined
        ? []
        : [
            `the protocol ${protocol}, by its tokens: those of ${method.alike.join(', ')} are the same; choose with --protocol`,
          ]),
    ],
  }
}

function isId(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0
}
