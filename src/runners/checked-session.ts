// The session of a plug-in's runner. What it gives is checked here, so that its mistakes are told as its own: an answer
// that is not whole would fail far from its cause, and a second one would count twice.
import {aBoolean, aCount, aFunction, anObject, aText, type Check, oneOf, orNull} from '../core/definition.js'
import {LanternError} from '../core/errors.js'
import {type Generation, type Request, stops, unknownTiming, unknownUsage} from '../core/generation.js'
import type {Session} from './runner.js'

type Fields = Readonly<Record<string, Check>>

const anyText: Check = {words: 'a text', fits: value => typeof value === 'string'}
const aNumberOrNull: Check = orNull({words: 'a number', fits: Number.isFinite})
const all = (names: object): Fields => Object.fromEntries(Object.keys(names).map(name => [name, aNumberOrNull]))

const ofSession: Fields = {describe: aFunction, generate: aFunction, close: aFunction}
const ofIdentity: Fields = {
  ref: aText,
  latent: orNull(anObject),
  observesLatents: aBoolean,
  needsImages: aBoolean,
  remote: aBoolean,
}
const ofGeneration: Fields = {
  text: anyText,
  stop: oneOf(stops),
  usage: anObject,
  timing: anObject,
  attempts: aCount,
  seen: orNull(anObject),
}
const ofUsage = all(unknownUsage)
const ofTiming = all(unknownTiming)
const ofError: Fields = {code: anyText, message: anyText}

/**
 * A session that behaves as the given one, and throws LanternError `bad-config` naming the runner where that one breaks
 * the contract of `Session`. Throws the same for what is no session.
 */
export function checkedSession(runner: string, session: Session): Session {
  const refuse = (what: string): never => {
    throw new LanternError('bad-config', `The runner "${runner}" ${what}.`, 'Correct the plug-in that brings it.')
  }
  const hold = (value: unknown, fields: Fields, what: string) => {
    if (!anObject.fits(value)) refuse(`gave no ${what}`)
    for (const [field, check] of Object.entries(fields))
      if (!check.fits((value as Readonly<Record<string, unknown>>)[field]))
        refuse(`gave a wrong ${what}: ${field} must be ${check.words}`)
  }
  hold(session, ofSession, 'session')
  const identity = session.describe()
  hold(identity, ofIdentity, 'description of its model')

  async function* generate(groups: AsyncIterable<readonly Request[]>, signal: AbortSignal): AsyncGenerator<Generation> {
    const open = new Set<Request>()
    let pulledAll = false
    async function* given() {
      for await (const group of groups) {
        for (const request of group) open.add(request)
        yield group
      }
      pulledAll = true
    }
    const answers = session.generate(given(), signal)
    if (typeof answers?.[Symbol.asyncIterator] !== 'function') refuse('generates no stream of answers')
    for await (const answer of answers) {
      hold(answer, ofGeneration, 'answer')
      hold(answer.usage, ofUsage, 'usage')
      hold(answer.timing, ofTiming, 'timing')
      if (answer.stop === 'error') hold(answer.error, ofError, 'error')
      if (!open.delete(answer.request)) refuse('answered a request twice, or one that it was not given')
      yield answer
    }
    if ((open.size > 0 || !pulledAll) && !signal.aborted) refuse('ended before every request had an answer')
  }

  return {
    describe: () => identity,
    generate,
    ...(session.forecast && {forecast: () => session.forecast!()}),
    ...(session.score && {score: (...given: Parameters<NonNullable<Session['score']>>) => session.score!(...given)}),
    close: () => session.close(),
  }
}
