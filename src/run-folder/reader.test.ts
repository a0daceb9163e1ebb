import {appendFile, mkdtemp, readFile, rm, truncate, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {arm, lockBenchmark, lockOf, record, writeRun} from '../../test/support/run-folders.js'
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

test('the last record that is no error settles a sample', async () => {
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

test('a whole line that is no record is refused with its number', async () => {
  writeRun(folder, lock, [sample('1', 'correct')])
  await appendFile(join(folder, 'log.jsonl'), '{"type": "sample"}\n')
  await expect(ids()).rejects.toMatchObject({code: 'bad-file', message: expect.stringContaining('line 2')})
})

test('a folder without a log has no records', async () => {
  expect(await ids()).toEqual([])
  expect(await completeLogLength(folder)).toBe(0)
})

test('a lock is read as it was written, and what is no lock is refused', async () => {
  await expect(readLock(folder)).rejects.toMatchObject({
    code: 'bad-file',
    message: expect.stringContaining('no lock.json'),
  })
  await writeFile(join(folder, 'lock.json'), '{"schema": 1')
  await expect(readLock(folder)).rejects.toMatchObject({code: 'bad-file', message: expect.stringContaining('not JSON')})
  await writeFile(join(folder, 'lock.json'), '{"schema": 2}')
  await expect(readLock(folder)).rejects.toMatchObject({code: 'bad-file', message: expect.stringContaining('schema')})
  writeRun(folder, lock, [])
  expect(await readLock(folder)).toEqual(lock)
})
