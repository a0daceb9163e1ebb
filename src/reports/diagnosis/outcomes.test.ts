// From records to the table: what counts, what is known of latents, and what was generated twice.
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {arm, lockBenchmark, lockOf, recordsOf, writeRun} from '../../../test/support/run-folders.js'
import type {LogRecord} from '../../run-folder/record.js'
import {costsOf} from './cost.js'
import {readOutcomes, tableOf} from './outcomes.js'
import {studyOfNamed, studyOfRuns} from './study.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lantern-eval-outcomes-'))
})
afterAll(() => rmSync(folder, {recursive: true}))

const bench = lockBenchmark('hops', {'hops-1': 4}, {aggregate: 'micro', split: 'test'})
const latent = (intervention: string) => arm('m', 'latent', {protocol: 'lantern', latentSize: 2, intervention})
const usage = {promptTokens: 9, imageTokens: 4, textTokens: 6, latentSteps: 2, markerTokens: 2, blocks: 1}
let runs = 0

/** A run in which sample k of a condition has these fields. */
function runOf(conditions: Readonly<Record<string, (k: number) => Partial<LogRecord>>>): string {
  const arms = Object.keys(conditions).map(latent)
  const records = arms.flatMap(one =>
    [...recordsOf(one, bench, () => 'correct')].map((record, k) => ({
      ...{...record, usage},
      ...conditions[one.intervention!]!(k),
    })),
  )
  return writeRun(join(folder, `run-${++runs}`), lockOf(arms, [bench]), records)
}

async function readOf(...dirs: string[]) {
  const study = await studyOfRuns(dirs)
  const {benches, warnings} = await readOutcomes(study)
  return {study, recorded: benches[0]!, table: tableOf(study, benches[0]!), warnings}
}

const silent = {usage: {...usage, latentSteps: 0, blocks: 0}, outcome: 'not-engaged', score: 0} as const
const failed = {outcome: 'error', score: null, stop: 'error', error: {code: 'endpoint', message: 'no'}} as const

it('a sample that opened no block did not engage, and earns what its answer does', async () => {
  const run = runOf({
    own: k => (k === 0 ? {...silent, metrics: {answerOnly: 1}} : k === 1 ? failed : {}),
    zeros: () => ({}),
  })
  const {table} = await readOf(run)
  expect(table.samples.map(({engaged, under}) => [engaged, under['own']!.score])).toEqual([
    [false, 1],
    [null, null],
    [true, 1],
    [true, 1],
  ])
  expect(table.samples[0]).toMatchObject({subtask: 'hops-1', options: 2, gold: 0})
})

it('an arm in words that is named as own has no block, where somebody saw that', async () => {
  const inWords = arm('m', 'text-cot')
  const records = [...recordsOf(inWords, bench, () => 'correct')].map((record, k) => ({
    ...record,
    usage: {...usage, markerTokens: 0, ...(k === 0 ? {latentSteps: null, blocks: null} : {latentSteps: 0, blocks: 0})},
  }))
  const run = writeRun(join(folder, 'words'), lockOf([inWords], [bench]), records)
  const study = await studyOfNamed([{condition: 'own', run}])
  const {benches} = await readOutcomes(study)
  expect(tableOf(study, benches[0]!).samples.map(({engaged}) => engaged)).toEqual([null, false, false, false])
})

it('what is recorded of latents reaches the judge: donors, forced scores, norms', async () => {
  const donor = {id: 'other', lift: 'text', answer: 'B', option: 1, resized: true} as const
  const run = runOf({
    own: () => ({forced: [-0.1, -2]}),
    swap: k => ({donor, latentNorm: {fed: 4, own: 2}, forced: k === 0 ? null : [-3, -0.05]}),
  })
  const {table} = await readOf(run)
  expect(table.samples[1]!.under['swap']).toMatchObject({donor, norm: 4, forced: [-3, -0.05]})
  expect(table.samples[0]!.under['swap']).not.toHaveProperty('forced')
})

it('ids decide whether own was repeated, also where texts are alike', async () => {
  const ids = (k: number) => ({tokenIds: [1, 2, 3, k], latentAt: [1]})
  const run = runOf({own: ids, 'self-swap': k => ids(k === 3 ? 9 : k)})
  const second = runOf({own: k => ids(k === 0 ? 7 : k)})
  const {recorded} = await readOf(run, second)
  expect([recorded.identity, recorded.determinism]).toEqual([
    {checked: 4, passed: 3},
    {checked: 4, passed: 3},
  ])
})

it('an answer behind a text of its own is not direct', async () => {
  const run = runOf({
    own: k => ({tokenIds: Array.from({length: k === 0 ? 40 : 12}, (_, i) => i), latentAt: [3, 4]}),
    zeros: () => ({}),
  })
  expect((await readOf(run)).table.samples.map(({direct}) => direct)).toEqual([false, true, true, true])
})

it('costs are decode steps and milliseconds of what was scored, and nobody is beaten by an equal', async () => {
  const slow = {timing: {firstTokenMs: 1, totalMs: 200}}
  const run = runOf({
    own: k => (k === 0 ? failed : {}),
    zeros: k => ({...slow, ...(k < 2 && {score: 0})}),
    'no-latent': () => ({usage: {...usage, latentSteps: 0, markerTokens: 0, blocks: 0}, ...slow}),
  })
  const {study, recorded} = await readOf(run)
  expect(costsOf(study, recorded)).toMatchObject([
    {condition: 'own', n: 3, accuracy: 1, decodeSteps: 10, ms: 90, pareto: {decodeSteps: false, ms: true}},
    {condition: 'no-latent', n: 4, accuracy: 1, decodeSteps: 6, ms: 200, pareto: {decodeSteps: true, ms: false}},
    {condition: 'zeros', n: 4, accuracy: 0.5, decodeSteps: 10, pareto: {decodeSteps: false, ms: false}},
  ])
})
