// A run that records its own latents first and feeds them to its other arms, with a built-in model.
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {plainRun} from '../../test/support/run-spec.js'
import {runnerOptions} from '../../test/support/runner-options.js'
import {decodeStepsOf} from '../core/generation.js'
import {settledRecords} from '../run-folder/reader.js'
import {type LogRecord, recordKey} from '../run-folder/record.js'
import {evaluate} from './evaluate.js'
import {ownArmId} from './own-answers.js'
import {prepare} from './prepare.js'
import type {RunEvent, RunSpec} from './spec.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'own-latents-'))
})
afterAll(() => rm(folder, {recursive: true}))

const fed = ['matched-noise', 'mean', 'swap', 'swap-unrelated', 'self-swap', 'shuffle', 'zero-at:1', 'strict:mean']
const run = async (out: string, interventions: readonly string[], changes: Partial<RunSpec> = {}, bank?: string) => {
  const {common, remote} = runnerOptions()
  const spec: RunSpec = {
    models: [{ref: 'builtin:nano-latent'}],
    benchmarks: [{id: 'hops', subtasks: ['hops-1', 'hops-2']}],
    ...plainRun,
    data: {'*': 'builtin'},
    limit: 12,
    interventions,
    out: join(folder, out),
    runner: {
      common: {...common, cacheDir: join(folder, 'cache')},
      remote,
      local: {device: 'cpu', threads: 1, ...(bank !== undefined && {latentBank: join(folder, bank)})},
    },
    ...changes,
  }
  const events: RunEvent[] = []
  const prepared = await prepare(spec, () => {})
  const end = await evaluate(prepared, event => events.push(event), new AbortController().signal).finally(
    prepared.close,
  )
  const records = await settledRecords(join(folder, out))
  const of = (intervention: string) =>
    records.filter(({arm}) => arm.endsWith(`|${intervention}`)).sort((a, b) => (a.id < b.id ? -1 : 1))
  return {end, lock: prepared.lock, records, of, asked: events.filter(({type}) => type === 'record').length}
}

/** What two runs must agree in. */
const facts = (records: readonly LogRecord[]) =>
  new Map(records.map(record => [recordKey(record), [record.text, record.tokenIds, record.donor, record.outcome]]))

it('gives the records that a recorded run would give', async () => {
  const inOne = await run('one', ['own', ...fed])
  await run('recorded', ['own'], {saveLatents: true})
  const after = await run('after', fed, {saveLatents: true}, 'recorded')
  expect(inOne.end).toMatchObject({verdict: 'done', settled: 12 * (1 + fed.length), errors: 0})
  expect(inOne.lock.latentsFrom).toBeUndefined()
  expect(after.lock.latentsFrom).toBeDefined()
  expect(facts(inOne.records.filter(({arm}) => !arm.endsWith('|own')))).toEqual(facts(after.records))
  expect(inOne.of('self-swap').map(({tokenIds}) => tokenIds)).toEqual(inOne.of('own').map(({tokenIds}) => tokenIds))
  expect(inOne.of('mean').map(({tokenIds}) => tokenIds)).not.toEqual(inOne.of('own').map(({tokenIds}) => tokenIds))
  for (const {id, donor} of inOne.of('swap')) {
    expect(donor).toMatchObject({lift: 'text', answer: expect.stringMatching(/^[A-D]$/)})
    // Donors of swap are of the same subtask, unrelated ones of another.
    expect(donor!.id.slice(0, 6)).toBe(id.slice(0, 6))
    expect(
      inOne
        .of('swap-unrelated')
        .find(other => other.id === id)!
        .donor!.id.slice(0, 6),
    ).not.toBe(id.slice(0, 6))
  }
})

it('refuses arms that feed recorded latents where there are neither own arms nor a recorded run', async () => {
  await expect(run('none', ['mean'])).rejects.toThrow('needs the latents of a recorded run')
})

const read = ['zeros', 'self-swap', 'no-latent', 'strict', 'image:blank', 'swap']

it('reads every arm behind the own text, also where the answers are known already', async () => {
  const first = await run('read', ['own', ...read])
  expect(first.records.every(({forced}) => forced === undefined)).toBe(true)
  const second = await run('read', ['own', ...read], {readings: true})
  // Nothing is asked again, and every record keeps what it said.
  expect(second.asked).toBe(0)
  expect(facts(second.records)).toEqual(facts(first.records))
  for (const {forced, options} of second.records) {
    expect(forced).toHaveLength(options!.length)
    expect(forced!.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 6)
  }
  const third = await run('read-at-once', ['own', ...read], {readings: true})
  const forced = (records: readonly LogRecord[]) =>
    new Map(records.map(record => [recordKey(record), record.forced!.map(value => Math.round(value * 1e3))]))
  expect(forced(third.records)).toEqual(forced(second.records))
  expect(third.asked).toBe(12 * (1 + read.length))
  // Own latents make own's answer likely; without them the model guesses.
  const right = (name: string) =>
    third.of(name).filter(({forced, letters, gold}) => letters![forced!.indexOf(Math.max(...forced!))] === gold).length
  expect([right('own'), right('self-swap')]).toEqual([12, 12])
  for (const name of ['zeros', 'no-latent', 'image:blank', 'swap']) expect(right(name)).toBeLessThan(9)
  // The answer follows the donor.
  const followed = third.of('swap').filter(({forced, donor}) => forced!.indexOf(Math.max(...forced!)) === donor!.option)
  expect(followed.length).toBeGreaterThan(8)
})

it('of a model that opens no block every arm is settled, with nothing to feed', async () => {
  const silent = await run('silent', ['own', ...fed], {
    models: [{ref: 'builtin:nano-direct', modes: ['latent']}],
    decoding: {temperature: 0, maxNewTokens: 64},
    readings: true,
  })
  expect(silent.end).toMatchObject({errors: 0, verdict: 'done'})
  const unengaged = silent.records.filter(({outcome}) => outcome === 'not-engaged')
  expect(unengaged.length).toBeGreaterThan(9 * fed.length)
  expect(silent.records.every(({usage}) => usage.blocks === 0)).toBe(true)
  expect(unengaged.every(({metrics}) => metrics['answerOnly'] !== undefined)).toBe(true)
  // Behind the same text without latents all arms read the same.
  for (const one of ['mean', 'swap', 'strict:mean'])
    expect(silent.of(one).map(({forced}) => forced)).toEqual(silent.of('own').map(({forced}) => forced))
})

it('of a model that opens a block at times, the others are settled without', async () => {
  const shy = await run('shy', ['own', 'self-swap', 'swap'], {
    models: [{ref: 'fixtures/controls/nano-shy', modes: ['latent']}],
    benchmarks: [{id: 'hops', subtasks: ['attr']}],
  })
  const engaged = (name: string) => shy.of(name).map(({usage}) => usage.blocks)
  expect(shy.end.errors).toBe(0)
  expect(new Set(engaged('own'))).toEqual(new Set([0, 1]))
  expect([engaged('self-swap'), engaged('swap')]).toEqual([engaged('own'), engaged('own')])
  const {usage, metrics, outcome} = shy.of('own').find(({usage}) => usage.blocks === 0)!
  expect([usage.latentSteps, outcome, metrics['answerOnly']]).toEqual([0, 'not-engaged', 1])
})

it('knows the own arm of an arm', () => {
  const arm = {id: 'm|latent|lantern:5|zero-at:1', intervention: 'zero-at:1'}
  expect(ownArmId(arm)).toBe('m|latent|lantern:5|own')
})

it('gives a text chain of thought the decode steps of own, sample by sample', async () => {
  const {end, records, of} = await run('steps', ['own', 'same-steps'], {
    models: [{ref: 'builtin:nano-latent', modes: ['text-cot', 'latent']}],
  })
  expect(end).toMatchObject({verdict: 'done', settled: 12 * 3})
  const free = new Map(records.filter(({arm}) => arm.endsWith('|text-cot')).map(record => [record.id, record]))
  const [own, capped] = [of('own'), of('same-steps')]
  expect(capped.map(({id}) => id)).toEqual(own.map(({id}) => id))
  for (const [k, {id, usage, stop, text}] of capped.entries()) {
    const most = decodeStepsOf(own[k]!.usage)!
    expect(decodeStepsOf(usage)).toBe(Math.min(most, decodeStepsOf(free.get(id)!.usage)!))
    if (stop === 'length') expect(free.get(id)!.text.startsWith(text.trimEnd())).toBe(true)
    else expect(text).toBe(free.get(id)!.text)
  }
})

it('asks for the own arm that the steps are taken from', async () => {
  for (const modes of [['text-cot'], ['latent']] as const)
    await expect(run('none', ['own', 'same-steps'], {models: [{ref: 'builtin:nano-latent', modes}]})).rejects.toThrow(
      'A text chain of thought with the steps of own needs both in one run, with one K.',
    )
})
