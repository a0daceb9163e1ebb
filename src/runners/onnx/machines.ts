// Binds the protocol of an arm to a checkpoint: which ids its markers have, and which ids its texts become.
import {LanternError} from '../../core/errors.js'
import type {Request} from '../../core/generation.js'
import {interventionNamed} from '../../modes/interventions.js'
import {
  type LatentIds,
  type LatentMachine,
  latentMachine,
  markersOnly,
  plainDecoding,
  withoutBlocks,
} from '../../modes/latent-machine.js'
import type {MarkerTexts, Protocol, TokenText} from '../../modes/protocol.js'
import {protocolNamed} from '../../modes/protocols.js'
import {noLatentIds} from './checkpoint/latent-tokens.js'
import type {Tokenizer} from './checkpoint/tokenizer.js'
import type {Checkpoint} from './types.js'

/** What a protocol is bound to. */
export interface Bound {
  readonly checkpoint: Pick<Checkpoint, 'latent' | 'dir'>
  readonly tokenizer: Pick<Tokenizer, 'encode'>
}

/**
 * The machine of a request. Throws LanternError `unsupported` for a latent arm on a checkpoint without latent tokens,
 * and for a text of the protocol that the tokenizer does not know as one token; `usage` for an impossible size.
 */
export function machineOf({arm}: Pick<Request, 'arm'>, bound: Bound): LatentMachine {
  const {latent} = bound.checkpoint
  if (arm.mode !== 'latent') return plainDecoding(latent?.ids ?? noLatentIds)
  const name = arm.protocol ?? latent?.protocol
  if (name === undefined) throw withoutTokens(bound)
  const rules = protocolNamed(name)
  const {ids, texts} = markersOf(rules, bound)
  const idsOf = (list: readonly TokenText[]) => list.flatMap(one => idsOfText(one, texts, bound))
  const ownSize = name === latent?.protocol ? latent.size : null
  const size = arm.latentSize ?? (rules.budget === null ? null : ownSize)
  const machine = latentMachine(rules, ids, rules.enterOn === 'never' ? null : size, {
    forced: idsOf(rules.forcedAfterExit),
    prefix: idsOf(rules.discretePrefix),
  })
  if (arm.intervention === null) return machine
  const {blocks, most = Number.POSITIVE_INFINITY} = interventionNamed(arm.intervention)
  if (blocks !== undefined) return blocks === 'empty' ? markersOnly(machine) : withoutBlocks(machine)
  return {...machine, budget: Math.min(machine.budget, most)}
}

/** The ids of the markers of a checkpoint, for text that is fed rather than decoded. Throws as `machineOf` does. */
export function markerIds(bound: Bound, protocol: string | null): LatentIds {
  const name = protocol ?? bound.checkpoint.latent?.protocol
  if (name === undefined) throw withoutTokens(bound)
  return markersOf(protocolNamed(name), bound).ids
}

interface Markers {
  readonly ids: LatentIds
  readonly texts: MarkerTexts | null
}

/**
 * The checkpoint's own markers where it was recognised as one of this method. Otherwise those that the protocol names,
 * if the tokenizer has them; else the checkpoint's own again, so that one method's rules can be tried on another's
 * weights.
 */
function markersOf(rules: Protocol, bound: Bound): Markers {
  const {latent} = bound.checkpoint
  if (latent?.protocol === rules.name) return latent
  if (rules.tokens !== null) {
    const [start, pad, end] = [rules.tokens.start, rules.tokens.pad, rules.tokens.end].map(text => oneId(text, bound))
    if (start !== undefined && pad !== undefined && end !== undefined)
      return {ids: {start, pad, end}, texts: rules.tokens}
  }
  if (latent !== null) return latent
  // A method that opens no block needs no markers.
  if (rules.enterOn === 'never') return {ids: noLatentIds, texts: rules.tokens}
  throw withoutTokens(bound, rules.tokens)
}

/** The id of a text that is one token; undefined for any other. */
function oneId(text: string, {tokenizer}: Bound): number | undefined {
  const ids = tokenizer.encode(text)
  return ids.length === 1 ? ids[0] : undefined
}

function idsOfText({text, first = false, times = 1}: TokenText, texts: MarkerTexts | null, bound: Bound): number[] {
  const filled = text.replace(/\{(start|pad|end)\}/g, (_, role: keyof MarkerTexts) => {
    if (texts !== null) return texts[role]
    throw new LanternError(
      'unsupported',
      `The protocol writes its marker {${role}}, but neither it nor ${bound.checkpoint.dir} says what text that is.`,
      'State the texts under "tokens" in the protocol.',
    )
  })
  const ids = bound.tokenizer.encode(filled)
  // What looks like a special token and is not in the tokenizer would be fed as pieces of text.
  if (/^<\|.*\|>$/.test(filled) && ids.length !== 1) {
    throw new LanternError(
      'unsupported',
      `The protocol needs the token ${filled}, which the tokenizer of ${bound.checkpoint.dir} does not have.`,
      'Use the protocol that this checkpoint was trained for; `model show` says what was recognised.',
    )
  }
  return Array.from({length: times}, () => (first ? ids.slice(0, 1) : ids)).flat()
}

function withoutTokens({checkpoint}: Bound, tokens: MarkerTexts | null = null): LanternError {
  const named = tokens === null ? '' : ` (${tokens.start}, ${tokens.pad}, ${tokens.end})`
  return new LanternError(
    'unsupported',
    `The checkpoint ${checkpoint.dir} has no latent tokens${named}, so it cannot run in latent mode.`,
    'Use --mode direct or --mode text-cot, or a checkpoint with latent tokens.',
  )
}
