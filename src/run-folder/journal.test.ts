import {appendFile, mkdtemp, readFile, rm, truncate, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import fc from 'fast-check'
import {openJournal} from './journal.js'
import {readLog, settledRecords} from './reader.js'
import type {LogRecord} from './record.js'

const record = (id: string, outcome: LogRecord['outcome'] = 'correct'): LogRecord => ({
  type: 'sample',
  schema: 1,
  arm: 'm|direct',
  bench: 'blink',
  subtask: 'Counting',
  id,
  outcome,
  score: outcome === 'error' ? null : 1,
  metrics: {},
  answer: 'A',
  gold: 'A',
  text: 'é — A',
  extractor: 'lantern-eval',
  usage: {promptTokens: null, imageTokens: null, textTokens: null, latentSteps: null, markerTokens: null, blocks: null},
  timing: {firstTokenMs: null, totalMs: 1},
  stop: outcome === 'error' ? 'error' : 'eos',
  attempts: 1,
  seen: null,
  error: outcome === 'error' ? {code: 'endpoint', message: 'x'} : null,
})

async function collect(runDir: string): Promise<string[]> {
  const ids: string[] = []
  for await (const {id} of readLog(runDir)) ids.push(id)
  return ids
}

describe('journal', () => {
  let runDir: string
  beforeEach(async () => {
    runDir = await mkdtemp(join(tmpdir(), 'journal-'))
  })
  afterEach(() => rm(runDir, {recursive: true}))

  it('has a record on disk when append resolves, and keeps the order of the calls', async () => {
    const journal = await openJournal(runDir)
    await Promise.all(Array.from({length: 100}, (_, i) => journal.append(record(String(i)))))
    expect(await collect(runDir)).toEqual(Array.from({length: 100}, (_, i) => String(i)))
    await journal.close()
  })

  it('appends to what is there and cuts a torn last line off first', async () => {
    let journal = await openJournal(runDir)
    await journal.append(record('a'))
    await journal.close()
    await appendFile(join(runDir, 'log.jsonl'), '{"type":"sample","sch')
    journal = await openJournal(runDir)
    await journal.append(record('b'))
    await journal.close()
    expect(await collect(runDir)).toEqual(['a', 'b'])
  })

  it('can be read after a cut at any byte: every whole line, nothing else', async () => {
    const journal = await openJournal(runDir)
    for (const id of ['a', 'b', 'c']) await journal.append(record(id))
    await journal.close()
    const bytes = await readFile(join(runDir, 'log.jsonl'))
    await fc.assert(
      fc.asyncProperty(fc.integer({min: 0, max: bytes.length}), async length => {
        await writeFile(join(runDir, 'log.jsonl'), bytes)
        await truncate(join(runDir, 'log.jsonl'), length)
        const whole = bytes.subarray(0, length).filter(byte => byte === 10).length
        expect(await collect(runDir)).toEqual(['a', 'b', 'c'].slice(0, whole))
      }),
    )
  })

  it('names file and line of a whole line that is no record', async () => {
    await writeFile(join(runDir, 'log.jsonl'), `${JSON.stringify(record('a'))}\n{"type":"sample"}\n`)
    await expect(collect(runDir)).rejects.toThrow(/log\.jsonl.*line 2/)
  })

  it('settles on the last record that is no error', async () => {
    const journal = await openJournal(runDir)
    for (const one of [record('a', 'error'), record('a', 'wrong'), record('a', 'error'), record('b', 'error')])
      await journal.append(one)
    await journal.close()
    expect((await settledRecords(runDir)).map(({id, outcome}) => [id, outcome])).toEqual([
      ['a', 'wrong'],
      ['b', 'error'],
    ])
  })
})
