// What every runner promises, as one suite. A row runs it over a runner, including one of a plug-in: how to open a
// session, and what can be asked of it. Needs `describe`, `test` and `expect` as globals.
import type {Generation, Request} from '../../src/core/generation.js'
import {pictureSize} from '../../src/runners/picture-size.js'
import type {Session} from '../../src/runners/runner.js'

/** A row of the suite. */
export interface RunnerUnderTest {
  /** Opens a new session; all sessions are equal. */
  open(): Promise<Session>
  /** The n-th group, n from 0 without end: answerable requests of one sample, the same for the same n. */
  group(n: number): readonly Request[]
  /** Requests of one sample that cannot be answered. */
  failing(): readonly Request[]
  close?(): Promise<void>
}

/** Samples of one test; more than a runner has in flight at once would take long with a model. */
const few = 6
/** The longest step, a reply or a token, on a busy machine. */
const stepMs = 5_000

/** Adds the suite for one runner. `start` is called before its first test. */
export function runnerContract(name: string, start: () => Promise<RunnerUnderTest>): void {
  describe(`a session of ${name}`, () => {
    let runner: RunnerUnderTest
    let session: Session
    let before: string[]
    beforeAll(async () => {
      runner = await start()
      before = openResources()
      session = await runner.open()
    })
    afterAll(async () => {
      await session.close()
      await runner.close?.()
    })

    const groups = (count = few) => Array.from({length: count}, (_, n) => runner.group(n))
    const answers = (asked: readonly (readonly Request[])[], signal?: AbortSignal) =>
      collect(session.generate(stream(asked), signal ?? new AbortController().signal))

    test('answers each request exactly once, with that request', async () => {
      const asked = groups()
      const generations = await answers(asked)
      const wanted = asked.flat()
      expect(generations).toHaveLength(wanted.length)
      expect(new Set(generations.map(({request}) => request))).toEqual(new Set(wanted))
      for (const {stop, error} of generations) expect({stop, error}).not.toMatchObject({stop: 'error'})
    })

    test('gives the same answers in any order of the groups', async () => {
      const asked = groups()
      expect(textsOf(await answers([...asked].reverse()))).toEqual(textsOf(await answers(asked)))
    })

    test('gives the same answers whether requests of a sample come together or separately', async () => {
      const asked = groups()
      expect(textsOf(await answers(asked.flatMap(group => group.map(request => [request]))))).toEqual(
        textsOf(await answers(asked)),
      )
    })

    test('turns a failed request into an error, and answers the others', async () => {
      const failing = runner.failing()
      const asked = groups()
      const generations = await answers([...asked.slice(0, 2), failing, ...asked.slice(2)])
      const failed = generations.filter(({request}) => failing.includes(request))
      expect(failed).toHaveLength(failing.length)
      for (const {stop, text, error} of failed) {
        expect({stop, text}).toEqual({stop: 'error', text: ''})
        expect(error).toEqual({code: expect.stringMatching(/./), message: expect.stringMatching(/./)})
      }
      const others = generations.filter(({request}) => !failing.includes(request))
      expect(others).toHaveLength(asked.flat().length)
      expect(others.filter(({stop}) => stop === 'error')).toEqual([])
    })

    test('returns nothing if nothing is asked', async () => {
      expect(await answers([])).toEqual([])
    })

    test('begins nothing if already aborted', async () => {
      expect(await answers(groups(), AbortSignal.abort())).toEqual([])
    })

    test('ends within a step of an abort, stops pulling and leaves the rest out', async () => {
      const abort = new AbortController()
      let pulled = 0
      let pulledAtAbort = 0
      async function* endless() {
        for (;;) yield runner.group(pulled++)
      }
      const seen = new Set<Request>()
      let began = 0
      for await (const generation of session.generate(endless(), abort.signal)) {
        expect(generation.stop).not.toBe('error')
        expect(seen.has(generation.request)).toBe(false)
        seen.add(generation.request)
        if (abort.signal.aborted) continue
        abort.abort()
        began = performance.now()
        pulledAtAbort = pulled
      }
      expect(performance.now() - began).toBeLessThan(stepMs)
      // One group may have been on its way.
      expect(pulled).toBeLessThanOrEqual(pulledAtAbort + 1)
    })

    test('closes its source when the consumer stops, and can be asked again', async () => {
      let closed = false
      async function* endless() {
        try {
          for (let n = 0; ; n++) yield runner.group(n)
        } finally {
          closed = true
        }
      }
      for await (const _ of session.generate(endless(), new AbortController().signal)) break
      expect(closed).toBe(true)
      expect(await answers(groups(1))).toHaveLength(runner.group(0).length)
    })

    test('rethrows the error of its source', async () => {
      async function* broken() {
        yield runner.group(0)
        throw new Error('no more samples')
      }
      await expect(collect(session.generate(broken(), new AbortController().signal))).rejects.toThrow('no more samples')
    })

    test('describes itself the same way before and after requests, and as another session does', async () => {
      const described = structuredClone(session.describe())
      await answers(groups(1))
      expect(session.describe()).toEqual(described)
      const other = await runner.open()
      expect(other.describe()).toEqual(described)
      await other.close()
    })

    test('forecasts the tokens of prompts, exactly if it says that it counts', async () => {
      const forecast = await session.forecast?.()
      if (forecast === undefined) return
      const [generation] = await answers([runner.group(0).slice(0, 1)])
      const {prompt} = generation!.request
      const tokens = await forecast.tokens(prompt, pictureSize)
      expect(await forecast.tokens(prompt, pictureSize)).toEqual(tokens)
      expect(tokens.text).toBeGreaterThan(0)
      if (forecast.basis === 'counted') {
        const {promptTokens, imageTokens} = generation!.usage
        expect(tokens).toEqual({text: promptTokens! - imageTokens!, image: imageTokens})
      }
    })

    test('scores continuations token by token if it can score', async () => {
      if (session.score === undefined) return
      const [request] = runner.group(0)
      const {signal} = new AbortController()
      const scores = await session.score(request!, [], ['A', 'the second'], signal)
      expect(scores).toHaveLength(2)
      for (const logProb of scores.flat()) expect(logProb).toBeLessThanOrEqual(0)
      expect(await session.score(request!, [], ['A', 'the second'], signal)).toEqual(scores)
    })

    test('may be closed twice, also unused, and leaves nothing open', async () => {
      const unasked = await runner.open()
      await unasked.close()
      await unasked.close()
      await session.close()
      await session.close()
      // The other end of a connection needs a moment.
      for (let tries = 0; tries < 250 && openResources().length > before.length; tries++)
        await new Promise(resolve => setTimeout(resolve, 20))
      expect(openResources()).toEqual(before)
      session = await runner.open()
    })
  })
}

async function* stream(groups: readonly (readonly Request[])[]): AsyncGenerator<readonly Request[]> {
  yield* groups
}

async function collect(generations: AsyncIterable<Generation>): Promise<Generation[]> {
  const all: Generation[] = []
  for await (const generation of generations) all.push(generation)
  return all
}

/** Texts by sample and arm. */
function textsOf(generations: readonly Generation[]): Record<string, string> {
  const texts = generations.map(({request: {sample, arm}, text}) => [`${sample.id} ${arm.id}`, text] as const)
  return Object.fromEntries([...texts].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Kinds of the resources that keep a process alive and that a runner could open. */
function openResources(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter(kind => /^(?:TCPSocketWrap|TLSWrap|MessagePort|Worker|ProcessWrap|FileHandle)/.test(kind))
    .sort()
}
