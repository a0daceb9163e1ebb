// The session of a plug-in's runner. What it gives is checked here, so that its mistakes are told as its own: an answer
// that is not whole would fail far from its cause, and a second one would count twice.
import {
  aBoolean,
  aCount,
  aFunction,
  aNumber,
  anObject,
  anyText,
  aText,
  brokenPart,
  type Check,
  oneOf,
  orNull,
  wrongField,
} from '../core/definition.js'
import {type Generation, type Request, stops, unknownTiming, unknownUsage} from '../core/generation.js'
import type {OnDisk, Session} from './runner.js'

type Fields = Readonly<Record<string, Check>>

const all = (names: object): Fields => Object.fromEntries(Object.keys(names).map(name => [name, orNull(aNumber)]))

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
    throw brokenPart('runner', runner, what)
  }
  const hold = (value: unknown, fields: Fields, what: string) => {
    const wrong = wrongField(value, fields)
    if (wrong !== null) refuse(`gave ${what} that ${wrong}`)
  }
  hold(session, ofSession, 'a session')
  const identity = session.describe()
  hold(identity, ofIdentity, 'a description of its model')

  async function* generate(
    groups: AsyncIterable<readonly Request[]>,
    signal: AbortSignal,
    onDisk?: OnDisk,
  ): AsyncGenerator<Generation> {
    const open = new Set<Request>()
    let pulledAll = false
    async function* given() {
      for await (const group of groups) {
        for (const request of group) open.add(request)
        yield group
      }
      pulledAll = true
    }
    const answers = session.generate(given(), signal, onDisk)
    if (typeof answers?.[Symbol.asyncIterator] !== 'function') refuse('generates no stream of answers')
    for await (const answer of answers) {
      hold(answer, ofGeneration, 'an answer')
      hold(answer.usage, ofUsage, 'a usage')
      hold(answer.timing, ofTiming, 'a timing')
      if (answer.stop === 'error') hold(answer.error, ofError, 'an error')
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
