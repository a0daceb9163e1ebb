// The rules of a latent protocol, as data: what a method of this harness, a plug-in and a user's YAML file state.
// latent-machine.ts follows them; methods.ts holds the published ones.
import {closest} from '../core/closest.js'
import {
  aBoolean,
  aCount,
  anObject,
  anyText,
  aText,
  type Check,
  type Definition,
  definitionOf,
  oneOf,
  orNull,
  wrongField,
} from '../core/definition.js'
import {LanternError} from '../core/errors.js'

/** Tokens given by their text, so that no ids are written down: those that the checkpoint's tokenizer makes of it. */
export interface TokenText {
  /** May name a marker of the protocol: `{start}`, `{pad}`, `{end}`. */
  readonly text: string
  /** Only the first of its tokens. Default: false. */
  readonly first?: boolean
  /** How often they are repeated. Default: once. */
  readonly times?: number
}

/** The texts of the marker tokens, for a checkpoint that is not recognised by its files. */
export interface MarkerTexts {
  readonly start: string
  readonly pad: string
  readonly end: string
}

export interface StopVector {
  /** Name of the parameter in the checkpoint. */
  readonly tensor: string
  /** How the distance to the vector is measured; averaged over the dimensions. */
  readonly metric: 'mse' | 'mae' | 'cosine'
  readonly threshold: number
}

/** The rules of one method (design/latent-reasoning.md 2.1). */
export interface Protocol {
  readonly name: string
  /**
   * `predicted`: sampling START opens the block. `consumed`: the block opens after START was processed, so a START at
   * the end of the prompt counts too. `never`: every token, markers included, is fed as its own embedding.
   */
  readonly enterOn: 'predicted' | 'consumed' | 'never'
  /** What is fed at the position of START itself. */
  readonly startInput: 'embedding' | 'hidden'
  /** Latents per block when neither the user nor the checkpoint sets it; null for no bound. */
  readonly budget: number | null
  /** The fewest latents per block that the method's own loop can feed. */
  readonly leastBudget: number
  /** Whether a predicted END closes the block. */
  readonly earlyEnd: boolean
  /** The id recorded at a latent position. */
  readonly recordId: 'pad' | 'sampled'
  /** What happens when the budget is used up: END is forced, or the sampled token is emitted as usual. */
  readonly exit: 'forceEnd' | 'none'
  /**
   * What happens when START is sampled inside a block. `overwrite`: the pad replaces it. `record`: it is kept as the id
   * of a latent. `embed`: it is fed as its embedding. `restart`: it is fed as its embedding and the count restarts.
   */
  readonly nestedStart: 'overwrite' | 'record' | 'embed' | 'restart'
  /**
   * What happens when the end of sequence or the token cap is reached at a latent position: stop at once, or only after
   * the block has ended.
   */
  readonly stopInLatent: 'hard' | 'deferred'
  /** Blocks per generation; null for no bound. Any further START is an ordinary token. */
  readonly maxBlocks: number | null
  /** What is counted against `maxBlocks`: blocks opened, or every END emitted, also outside a block. */
  readonly maxBlocksCounts: 'opened' | 'ends'
  /** Whether the first sampled id becomes START whatever it was. */
  readonly forceStart: 'never' | 'always' | 'unlessPromptEndsWithStart'
  /** Whether START is forced after an END while `maxBlocks` allows another block. */
  readonly forceStartAgain: boolean
  /** Ids emitted one a step in place of the sampled ones, after a block. */
  readonly forcedAfterExit: readonly TokenText[]
  /** When: after a block closed by its budget or a repetition, or after any END. */
  readonly forcedAfterExitOn: 'forced' | 'end'
  /** Whether the end of sequence and the token cap are tested on a forced id. */
  readonly forcedStops: boolean
  /**
   * A block with at least one latent closes, as if its budget were used up, when this many ids in a row are equal; null
   * for no such rule.
   */
  readonly repetitionExit: number | null
  /** Whether the end of sequence is masked on every step whose position is a latent or may become one. */
  readonly suppressEos: boolean
  /** Generation stops when the new text, special tokens included, contains one of these. */
  readonly stopStrings: readonly string[]
  readonly stopStringsIgnoreCase: boolean
  /** Appended to the prompt as ordinary tokens; they do not count as new ones. */
  readonly discretePrefix: readonly TokenText[]
  /** Texts that are deleted from the prompt wherever the chat template or the question has them. */
  readonly deletedFromPrompt: readonly string[]
  /** Latents appended to the prompt; they do not count as new tokens. */
  readonly prefixLatents: number
  /** A learned vector that ends a block when the previous state comes close to it. */
  readonly stopVector: StopVector | null
  /** The texts of the markers; null where the checkpoint's files decide. */
  readonly tokens: MarkerTexts | null
  /** The paper and the public code the rules were taken from. */
  readonly source: string
}

/** What a field is when a definition leaves it out. */
export const protocolDefaults: Omit<Protocol, 'name' | 'source'> = {
  enterOn: 'predicted',
  startInput: 'embedding',
  budget: null,
  leastBudget: 0,
  earlyEnd: false,
  recordId: 'pad',
  exit: 'forceEnd',
  nestedStart: 'overwrite',
  stopInLatent: 'hard',
  maxBlocks: null,
  maxBlocksCounts: 'opened',
  forceStart: 'never',
  forceStartAgain: false,
  forcedAfterExit: [],
  forcedAfterExitOn: 'forced',
  forcedStops: true,
  repetitionExit: null,
  suppressEos: false,
  stopStrings: [],
  stopStringsIgnoreCase: false,
  discretePrefix: [],
  deletedFromPrompt: [],
  prefixLatents: 0,
  stopVector: null,
  tokens: null,
}

/** A definition states its name, its source and what differs from `protocolDefaults`. */
export type ProtocolDefinition = Pick<Protocol, 'name' | 'source'> & Partial<Protocol>

function listOf(words: string, fits: (value: unknown) => boolean): Check {
  return {words: `a list of ${words}`, fits: value => Array.isArray(value) && value.every(fits)}
}

const tokenTexts = listOf(
  'objects with text, and where wanted first and times',
  value =>
    wrongField(value, {
      text: aText,
      first: {words: '', fits: first => first === undefined || typeof first === 'boolean'},
      times: {words: '', fits: times => times === undefined || (aCount.fits(times) && (times as number) > 0)},
    }) === null && Object.keys(value as object).every(key => ['text', 'first', 'times'].includes(key)),
)

const textsNotEmpty = listOf('texts that are not empty', value => anyText.fits(value) && value !== '')

const atLeastTwo: Check = {
  words: 'a whole number of at least 2',
  fits: value => Number.isInteger(value) && (value as number) >= 2,
}

const fields: Readonly<Record<Exclude<keyof Protocol, 'name'>, Check>> = {
  enterOn: oneOf(['predicted', 'consumed', 'never']),
  startInput: oneOf(['embedding', 'hidden']),
  budget: orNull(aCount),
  leastBudget: aCount,
  earlyEnd: aBoolean,
  recordId: oneOf(['pad', 'sampled']),
  exit: oneOf(['forceEnd', 'none']),
  nestedStart: oneOf(['overwrite', 'record', 'embed', 'restart']),
  stopInLatent: oneOf(['hard', 'deferred']),
  maxBlocks: orNull(aCount),
  maxBlocksCounts: oneOf(['opened', 'ends']),
  forceStart: oneOf(['never', 'always', 'unlessPromptEndsWithStart']),
  forceStartAgain: aBoolean,
  forcedAfterExit: tokenTexts,
  forcedAfterExitOn: oneOf(['forced', 'end']),
  forcedStops: aBoolean,
  repetitionExit: orNull(atLeastTwo),
  suppressEos: aBoolean,
  stopStrings: textsNotEmpty,
  stopStringsIgnoreCase: aBoolean,
  discretePrefix: tokenTexts,
  deletedFromPrompt: textsNotEmpty,
  prefixLatents: aCount,
  stopVector: orNull(anObject),
  tokens: orNull({
    words: 'an object with start, pad and end',
    fits: value => wrongField(value, {start: aText, pad: aText, end: aText}) === null,
  }),
  source: aText,
}

/**
 * Checks the definition of a protocol and completes it with `protocolDefaults`. Throws LanternError `bad-config` naming
 * the wrong rule, or one that no protocol has: a rule that is spelled wrong would be left out in silence.
 */
export function defineProtocol(protocol: ProtocolDefinition): Definition<'protocol', Protocol> {
  const given = anObject.fits(protocol)
  const definition = definitionOf('protocol', given ? {...protocolDefaults, ...protocol} : protocol, fields)
  const odd = Object.keys(protocol).find(key => key !== 'name' && !Object.hasOwn(fields, key))
  if (odd === undefined) return definition as Definition<'protocol', Protocol>
  const near = closest(odd, Object.keys(fields))
  throw new LanternError(
    'bad-config',
    `The protocol "${definition.name}" has a rule that no protocol has: ${odd}.`,
    near === undefined ? `The rules are ${Object.keys(fields).join(', ')}.` : `Did you mean ${near}?`,
  )
}
