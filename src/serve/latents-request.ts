// What a request asks of the latents: the field `latents` of its body. Pure; guide/serve.md describes the field.
import type {Arm, Recorded, Request} from '../core/generation.js'
import {isJsonObject, type JsonObject} from '../core/json.js'
import {serveLimits as limits} from '../core/limits.js'
import type {Box, ImageRef, Orientation} from '../core/sample.js'
import {changesPicture, interventionNamed, isIntervention, needsBank, takesOwnSteps} from '../modes/interventions.js'
import {protocolNames} from '../modes/protocols.js'
import type {ModelIdentity} from '../runners/runner.js'
import {isGiven, numberIn, pictureOf, vectorIn, vectorsIn, wrong} from './request-fields.js'

/** What the reply holds of the latents. */
export type LatentsBack = 'none' | 'norms' | 'vectors'

export interface LatentsAsked {
  readonly arm: Pick<Arm, 'mode' | 'protocol' | 'latentSize' | 'intervention'>
  /** What draws are seeded with, and where the evidence is. */
  readonly sample: {readonly benchmark: string; readonly id: string; readonly boxes?: readonly Box[]}
  /** Whether the orientation that a picture's file says is applied. */
  readonly orientation: Orientation
  readonly given: Pick<Request, 'inject' | 'recorded'>
  /** Other pictures, of which the latents are made. */
  readonly pictures?: readonly ImageRef[]
  readonly back: LatentsBack
}

const noLatents = {mode: 'direct', protocol: null, latentSize: null, intervention: null} as const

/**
 * Without the field the checkpoint answers as it was trained to, and the reply says nothing of latents; null is
 * ordinary decoding. Throws `Refusal`.
 */
export function latentsAsked(value: unknown, {latent}: ModelIdentity): LatentsAsked {
  const nothing = {sample: {benchmark: 'serve', id: 'request'}, orientation: 'ignore', given: {}, back: 'none'} as const
  if (value === null || (value === undefined && latent === null)) return {arm: noLatents, ...nothing}
  if (value === undefined)
    return {
      arm: {mode: 'latent', protocol: latent!.protocol, latentSize: latent!.size, intervention: 'own'},
      ...nothing,
    }
  if (!isJsonObject(value)) throw wrong('latents', 'must be an object, or null for ordinary decoding')
  const asked = {sample: sampleIn(value), orientation: orientationIn(value), back: backIn(value)}
  if (value['intervention'] === null) return {arm: noLatents, given: {}, ...asked}
  const {protocol} = value
  if (isGiven(protocol) && !(typeof protocol === 'string' && protocolNames().includes(protocol)))
    throw wrong('latents.protocol', 'is not a known protocol')
  if (!isGiven(protocol) && latent === null)
    throw wrong('latents', 'needs a protocol: this checkpoint names no latent tokens')
  const size = numberIn(value, 'latentSize', {min: 0, max: limits.latentSize, whole: true})
  const intervention = interventionIn(value)
  const pictures = picturesIn(value, intervention, asked.orientation)
  return {
    arm: {
      mode: 'latent',
      protocol: (protocol as string | null | undefined) ?? latent!.protocol,
      latentSize: size ?? (isGiven(protocol) ? null : latent!.size),
      intervention,
    },
    given: vectorsGiven(value, intervention),
    ...(pictures && {pictures}),
    ...asked,
  }
}

function interventionIn({intervention = 'own'}: JsonObject): string {
  if (typeof intervention !== 'string' || !isIntervention(intervention))
    throw wrong('latents.intervention', 'is not a known intervention')
  if (changesPicture(intervention) || takesOwnSteps(intervention))
    throw wrong(
      'latents.intervention',
      `${intervention} is not of the latents: send the other picture or limit instead`,
    )
  return intervention
}

/** Vectors to feed; for an intervention that takes them from a recorded run, what that run has. */
function vectorsGiven({inject, statistics}: JsonObject, intervention: string): Pick<Request, 'inject' | 'recorded'> {
  if (!needsBank(intervention)) return isGiven(inject) ? {inject: blocksIn(inject)} : {}
  const named = interventionNamed(intervention).needs === 'statistics'
  if (!isGiven(named ? (statistics ?? inject) : inject))
    throw wrong(
      named ? 'latents.statistics' : 'latents.inject',
      `must hold what ${intervention} takes from a recorded run`,
    )
  if (named && isGiven(statistics)) return {recorded: {statistics: statisticsIn(statistics)}}
  const blocks = blocksIn(inject)
  return {recorded: blocks.length === 0 ? {} : {blocks}}
}

function blocksIn(value: unknown): Float32Array[][] {
  if (!Array.isArray(value)) throw wrong('latents.inject', 'must be a list of blocks, each a list of vectors')
  return value.map((block: unknown, index) => vectorsIn(block, `latents.inject[${index}]`))
}

function statisticsIn(value: unknown): NonNullable<Recorded['statistics']> {
  const at = 'latents.statistics'
  if (!isJsonObject(value)) throw wrong(at, 'must be an object')
  const meanAt = vectorsIn(value['meanAt'], `${at}.meanAt`)
  if (meanAt.length === 0) throw wrong(`${at}.meanAt`, 'must hold a vector')
  const [mean, deviation] = ['mean', 'deviation'].map(name => vectorIn(value[name], `${at}.${name}`))
  return {meanAt, mean: mean!, deviation: deviation!}
}

function picturesIn({pictures}: JsonObject, intervention: string, orientation: Orientation) {
  const needs = interventionNamed(intervention).needs
  if (needs !== 'seen' && needs !== 'foreign-crops') return undefined
  if (!Array.isArray(pictures) || pictures.length === 0)
    throw wrong('latents.pictures', `must hold the pictures of which ${intervention} makes its latents`)
  return pictures.map((url: unknown, index) => pictureOf(url, `latents.pictures[${index}]`, orientation))
}

function sampleIn({sample}: JsonObject): LatentsAsked['sample'] {
  if (isGiven(sample) && !isJsonObject(sample)) throw wrong('latents.sample', 'must be an object')
  const {benchmark = 'serve', id = 'request', boxes} = (sample as JsonObject | null | undefined) ?? {}
  if (typeof benchmark !== 'string' || typeof id !== 'string')
    throw wrong('latents.sample', 'must hold texts as benchmark and id')
  if (!isGiven(boxes)) return {benchmark, id}
  const isBox = (box: unknown) => Array.isArray(box) && box.length === 4 && box.every(Number.isFinite)
  if (!Array.isArray(boxes) || !boxes.every(isBox))
    throw wrong('latents.sample.boxes', 'must be a list of boxes of four numbers')
  return {benchmark, id, boxes: boxes as Box[]}
}

function orientationIn({orientation = 'ignore'}: JsonObject): Orientation {
  if (orientation !== 'ignore' && orientation !== 'apply') throw wrong('latents.orientation', 'must be ignore or apply')
  return orientation
}

function backIn({return: back = 'norms'}: JsonObject): LatentsBack {
  if (back !== 'none' && back !== 'norms' && back !== 'vectors')
    throw wrong('latents.return', 'must be none, norms or vectors')
  return back
}
