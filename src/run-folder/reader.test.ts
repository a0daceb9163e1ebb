import {appendFile, mkdtemp, readFile, rm, truncate, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {arm, lockBenchmark, lockOf, record, writeRun} from '../../test/support/run-folders.js'
import {limits} from '../core/limits.js'
import {completeLogLength, readLock, readLog, settledRecords} from './reader.js'

const direct = arm('openai:m', 'direct')
const lock = lockOf([direct], [lockBenchmark('blink', {Counting: 3})])
const sample = (id: string, outcome: 'correct' | 'wrong' | 'error') =>
  record({arm: direct.id, bench: 'blink', subtask: 'Counting', id, outcome})

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-folder-'))
})
afterEach(() => rm(folder, {recursive: true, force: true}))

const outcomes = async () => (await settledRecords(folder)).map(({id, outcome}) => `${id} ${outcome}`)

async function ids(): Promise<string[]> {
  const found: string[] = []
  for await (const {id} of readLog(folder)) found.push(id)
  return found
}

test('the last record without an error settles a sample', async () => {
  writeRun(folder, lock, [
    sample('1', 'error'),
    sample('2', 'wrong'),
    sample('1', 'correct'),
    sample('2', 'error'),
    sample('3', 'error'),
  ])
  expect((await outcomes()).sort()).toEqual(['1 correct', '2 wrong', '3 error'])
})

test('a log cut at any byte gives the records of its whole lines', async () => {
  writeRun(folder, lock, [sample('1', 'correct'), sample('ü', 'wrong')])
  const log = join(folder, 'log.jsonl')
  const whole = await readFile(log)
  const first = whole.indexOf(10) + 1
  for (let length = whole.length; length >= 0; length -= 7) {
    await truncate(log, length)
    expect(await ids()).toEqual(length === whole.length ? ['1', 'ü'] : length >= first ? ['1'] : [])
    expect(await completeLogLength(folder)).toBe(length === whole.length ? length : length >= first ? first : 0)
  }
})

test('keys of a later version are kept', async () => {
  writeRun(folder, lock, [{...sample('1', 'correct'), novelty: {depth: 2}}])
  expect((await settledRecords(folder))[0]).toMatchObject({novelty: {depth: 2}})
})

test('a complete line that is not a record is refused, naming its number', async () => {
  writeRun(folder, lock, [sample('1', 'correct')])
  await appendFile(join(folder, 'log.jsonl'), '{"type": "sample"}\n')
  await expect(ids()).rejects.toMatchObject({code: 'bad-file', message: expect.stringContaining('line 2')})
})

test('an endless last line is refused before it fills the memory', async () => {
  writeRun(folder, lock, [sample('1', 'correct')])
  await truncate(join(folder, 'log.jsonl'), 600 << 20)
  const before = process.memoryUsage().rss
  const told = {code: 'bad-file', message: expect.stringContaining('line 2, is longer than 32 MB')}
  await expect(settledRecords(folder)).rejects.toMatchObject(told)
  await expect(completeLogLength(folder)).rejects.toMatchObject(told)
  expect(process.memoryUsage().rss - before).toBeLessThan(300 << 20)
})

test('a record or a sample that is nested deeply is refused, naming its line', async () => {
  writeRun(folder, lock, [sample('1', 'correct')])
  const deep = `${'['.repeat(6000)}${']'.repeat(6000)}`
  const line = `${JSON.stringify(sample('2', 'correct')).slice(0, -1)},"novelty":${deep}}\n`
  await appendFile(join(folder, 'log.jsonl'), line)
  const told = {code: 'bad-file', message: expect.stringMatching(/log\.jsonl, line 2, is nested more than/)}
  await expect(settledRecords(folder)).rejects.toMatchObject(told)
  await writeFile(join(folder, 'samples.jsonl'), `{"bench":"blink","id":"1","subtask":"a","x":${deep}}\n`)
  await expect(settledRecords(folder)).rejects.toMatchObject({
    code: 'provenance',
    message: expect.stringMatching(/line 1/),
  })
})

test('a lock that is too large is not read', async () => {
  writeRun(folder, lock, [])
  await truncate(join(folder, 'lock.json'), limits.lockBytes + 1)
  const told = {code: 'bad-file', message: expect.stringMatching(/it has more than 16 MB/)}
  await expect(readLock(folder)).rejects.toMatchObject(told)
})

test('a folder without a log has no records', async () => {
  expect(await ids()).toEqual([])
  expect(await completeLogLength(folder)).toBe(0)
})

test('a lock is read as it was written, and any other file is refused', async () => {
  await expect(readLock(folder)).rejects.toMatchObject({
    code: 'bad-file',
    message: expect.stringContaining('no lock.json'),
  })
  await writeFile(join(folder, 'lock.json'), '{"schema": 1')
  await expect(readLock(folder)).rejects.toMatchObject({code: 'bad-file', message: expect.stringContaining('as JSON')})
  await writeFile(join(folder, 'lock.json'), `{"zz": ${'['.repeat(6000)}${']'.repeat(6000)}}`)
  await expect(readLock(folder)).rejects.toMatchObject({code: 'bad-file', message: expect.stringContaining('nested')})
  await writeFile(join(folder, 'lock.json'), '{"schema": 2}')
  await expect(readLock(folder)).rejects.toMatchObject({code: 'bad-file', message: expect.stringContaining('schema')})
  writeRun(folder, lock, [])
  expect(await readLock(folder)).toMatchObject({arms: lock.arms, prompts: lock.prompts, schema: 1})
})

test('an edited lock is refused wherever a run is read', async () => {
  writeRun(folder, lock, [sample('1', 'correct')])
  const text = await readFile(join(folder, 'lock.json'), 'utf8')
  await writeFile(join(folder, 'lock.json'), text.replace('"kind":"official"', '"kind":"builtin"'))
  const told = {code: 'provenance', exitCode: 5, message: expect.stringContaining('edited')}
  await expect(readLock(folder)).rejects.toMatchObject(told)
  await expect(settledRecords(folder)).rejects.toMatchObject(told)
})

test('records that cannot be true are named with their line and do not count', async () => {
  writeRun(folder, lock, [sample('1', 'correct'), sample('2', 'wrong')])
  const odd = [
    {...sample('2', 'wrong'), score: 1},
    sample('invented', 'correct'),
    {...sample('2', 'correct'), arm: 'openai:other|direct'},
    {...sample('2', 'correct'), subtask: 'Art_Style'},
  ]
  await appendFile(join(folder, 'log.jsonl'), odd.map(one => `${JSON.stringify(one)}\n`).join(''))
  const told: string[] = []
  const records = await settledRecords(folder, warning => told.push(warning))
  expect(records.map(({id, outcome}) => `${id} ${outcome}`)).toEqual(['1 correct', '2 wrong'])
  expect(told).toEqual([
    `${folder}: 4 log records are not counted: line 3, 2, is wrong with a score of 1; line 4, invented, is of no sample of the run; line 5, 2, is of no arm of the lock; and 1 more.`,
  ])
})

test('a list of samples that does not match the lock is refused, and so is a folder without one', async () => {
  const list = join(folder, 'samples.jsonl')
  writeRun(folder, lock, [sample('1', 'correct')])
  const text = await readFile(list, 'utf8')
  for (const other of [
    `${text}{"bench":"blink","id":"invented","subtask":"Counting"}\n`,
    text.replace('"1"', '"9"'),
    text.replace('Counting', 'Art_Style'),
    text.replace('blink', 'vstar'),
    text.slice(0, text.indexOf('\n') + 1),
    text.replace(/^.*\n/, '$&$&'),
  ]) {
    await writeFile(list, other)
    await expect(settledRecords(folder)).rejects.toMatchObject({code: 'provenance'})
  }
  await writeFile(list, '{"bench": 1}\n')
  await expect(settledRecords(folder)).rejects.toMatchObject({
    code: 'provenance',
    message: expect.stringContaining('line 1'),
  })
  await rm(list)
  await expect(settledRecords(folder)).rejects.toMatchObject({
    code: 'provenance',
    message: expect.stringContaining('samples.jsonl'),
  })
})
