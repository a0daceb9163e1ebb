// Scoring saved generations again: another extractor, other labels, a judge; and nothing is lost.
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {startOpenAIServer} from '../../test/support/openai-server.js'
import {arm, lockBenchmark, lockOf, record, writeRun} from '../../test/support/run-folders.js'
import {runnerOptions} from '../../test/support/runner-options.js'
import {builtinData} from '../benchmarks/data-places.js'
import {loadBenchmark} from '../benchmarks/index.js'
import {lockHash} from '../run-folder/lock.js'
import {readLock, settledRecords} from '../run-folder/reader.js'
import {type RescoreSpec, rescore} from './rescore.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-eval-rescore-'))
})
afterEach(() => rm(folder, {recursive: true}))

const direct = arm('replay:answers', 'direct')
const chat = runnerOptions()
const signal = new AbortController().signal
const specOf = (changes: Partial<RescoreSpec>): RescoreSpec => ({
  from: join(folder, 'from'),
  out: join(folder, 'out'),
  data: {},
  maxErrorRate: 1,
  chat,
  ...changes,
})

const blink = lockBenchmark('blink', {Counting: 3})
const texts = ['(A)', 'The answer is (A).', 'No idea.']
const blinkRecords = texts.map((text, k) =>
  record(
    {
      arm: direct.id,
      bench: 'blink',
      subtask: 'Counting',
      id: `val_Counting_${k + 1}`,
      outcome: k < 2 ? 'correct' : 'unanswered',
    },
    {text, letters: ['A', 'B', 'C', 'D']},
  ),
)

it('says of a run without answers that there is nothing to score again, and writes nothing', async () => {
  writeRun(join(folder, 'from'), lockOf([direct], [blink]), [])
  await expect(rescore(specOf({}), signal)).rejects.toMatchObject({
    code: 'nothing-evaluated',
    message: expect.stringContaining('holds no answer'),
  })
  await expect(readLock(join(folder, 'out'))).rejects.toMatchObject({code: 'bad-file'})
})

it('keeps the question and the pictures of the records', async () => {
  const asked = {...blinkRecords[0]!, question: 'How many cups?', pictures: ['cups.png']}
  writeRun(join(folder, 'from'), lockOf([direct], [blink]), [asked])
  await rescore(specOf({extractor: 'verbatim'}), signal)
  const [kept] = await settledRecords(join(folder, 'out'))
  expect(kept).toMatchObject({question: 'How many cups?', pictures: ['cups.png']})
})

it('takes another extractor, keeps the answers, and records the extractor in the lock', async () => {
  const failed = record({arm: direct.id, bench: 'blink', subtask: 'Counting', id: 'val_Counting_4', outcome: 'error'})
  writeRun(join(folder, 'from'), lockOf([direct], [blink]), [...blinkRecords, failed])
  const end = await rescore(specOf({extractor: 'verbatim'}), signal)
  expect(end).toMatchObject({total: 4, settled: 3, errors: 1, changed: 2})
  const after = await settledRecords(join(folder, 'out'))
  expect(after.map(({outcome}) => outcome)).toEqual(['correct', 'wrong', 'wrong', 'error'])
  expect(after.map(({text, extractor}) => [text, extractor])).toEqual(
    [...texts, failed.text].map(text => [text, 'verbatim']),
  )
  const lock = await readLock(join(folder, 'out'))
  expect(lock.extractor).toBe('verbatim')
  expect(lock.hash).toBe(lockHash(lock))
  expect(lock.environment['rescored']).toMatchObject({run: join(folder, 'from')})
})

it('resumes where it stopped, and refuses a folder of another rescoring', async () => {
  writeRun(join(folder, 'from'), lockOf([direct], [blink]), blinkRecords)
  await rescore(specOf({extractor: 'verbatim'}), signal)
  await rescore(specOf({extractor: 'verbatim'}), signal)
  expect(await settledRecords(join(folder, 'out'))).toHaveLength(3)
  await expect(rescore(specOf({extractor: 'lmms_blink'}), signal)).rejects.toMatchObject({code: 'provenance'})
})

it('takes other labels, and refuses data that lack samples of the run', async () => {
  writeRun(join(folder, 'from'), lockOf([direct], [blink]), blinkRecords)
  const answers = join(folder, 'val_answers.json')
  await writeFile(answers, JSON.stringify({val_Counting_1: '(B)', val_Counting_2: '(A)', val_Counting_3: '(D)'}))
  await rescore(specOf({data: {blink: answers}}), signal)
  const after = await settledRecords(join(folder, 'out'))
  expect(after.map(({gold, outcome}) => [gold, outcome])).toEqual([
    ['B', 'wrong'],
    ['A', 'correct'],
    ['D', 'unanswered'],
  ])
  const [entry] = (await readLock(join(folder, 'out'))).benchmarks
  expect(entry!.dataSha256).not.toBe(blink.dataSha256)

  await writeFile(answers, JSON.stringify({val_Counting_1: '(B)'}))
  await expect(rescore(specOf({data: {blink: answers}, out: join(folder, 'other')}), signal)).rejects.toMatchObject({
    code: 'provenance',
    message: expect.stringContaining('val_Counting_2'),
  })
})

it('asks a judge with the questions of the data the run was made with', async () => {
  const viscot = await loadBenchmark('viscot')
  const data = await viscot.load(builtinData('viscot')!, {split: viscot.defaultSplit, seed: 0})
  const samples = []
  for await (const sample of data.samples()) if (samples.push(sample) === 2) break
  const {dataSha256} = await data.identity()
  const [first, second] = samples as [(typeof samples)[0], (typeof samples)[0]]
  const entry = lockBenchmark(
    'viscot',
    {[first.subtask]: 2},
    {kind: 'builtin', dataSha256, metric: 'match', split: viscot.defaultSplit},
  )
  const records = [first, second].map(({id, subtask, gold}) =>
    record(
      {arm: direct.id, bench: 'viscot', subtask, id, outcome: 'wrong'},
      {text: 'something', gold: gold as string | string[], letters: null, answer: 'something'},
    ),
  )
  writeRun(join(folder, 'from'), lockOf([direct], [entry]), records)
  const server = await startOpenAIServer({behave: () => ({kind: 'answer', text: 'score: 0.9'})})
  try {
    const end = await rescore(specOf({judge: {ref: 'openai:judge', baseUrl: server.url}}), signal)
    expect(end).toMatchObject({settled: 2, changed: 2})
    const after = await settledRecords(join(folder, 'out'))
    expect(after.map(({outcome, score, metrics}) => [outcome, score, metrics['judge']])).toEqual([
      ['correct', 0.9, 0.9],
      ['correct', 0.9, 0.9],
    ])
    expect(JSON.stringify(server.requests[0]!.body!.messages)).toContain(first.question)
    const lock = await readLock(join(folder, 'out'))
    expect(lock.judge).toMatchObject({ref: 'openai:judge'})
    expect(lock.benchmarks[0]!.metric).toBe('judge')
  } finally {
    await server.close()
  }
})

it('never scores with data that differ from those of the run unless they are named', async () => {
  writeRun(
    join(folder, 'from'),
    lockOf([direct], [lockBenchmark('blink', {Counting: 3}, {kind: 'builtin'})]),
    blinkRecords,
  )
  await expect(
    rescore(specOf({judge: {ref: 'openai:judge', baseUrl: 'http://127.0.0.1:9'}}), signal),
  ).rejects.toMatchObject({
    code: 'provenance',
  })
})
