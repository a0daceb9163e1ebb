import {appendFile, copyFile, mkdtemp, readFile, rename, rm, truncate, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import fc from 'fast-check'
import {LanternError} from '../core/errors.js'
import {openJournal} from './journal.js'
import {readLog} from './reader.js'
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

  it('names the file and the line of a complete line that is not a record', async () => {
    await writeFile(join(runDir, 'log.jsonl'), `${JSON.stringify(record('a'))}\n{"type":"sample"}\n`)
    await expect(collect(runDir)).rejects.toThrow(/log\.jsonl.*line 2/)
  })

  it.each([
    ['removed', rm, 'was removed'],
    ['cut', (log: string) => truncate(log, 5), 'was cut from'],
    ['appended to', (log: string) => appendFile(log, '\n'), 'written to by another program'],
    [
      'replaced',
      async (log: string) => {
        await copyFile(log, `${log}.new`)
        await rename(`${log}.new`, log)
      },
      'was replaced',
    ],
  ])('reports a log that was %s meanwhile, before the next write and at the end', async (_, change, message) => {
    const spoilt = async () => {
      const journal = await openJournal(runDir)
      await journal.append(record('a'))
      await change(join(runDir, 'log.jsonl'))
      return journal
    }
    const told = {code: 'disk', exitCode: 4, message: expect.stringContaining(message)}
    await expect((await spoilt()).close()).rejects.toMatchObject(told)
    const journal = await spoilt()
    await expect(journal.append(record('b'))).rejects.toMatchObject(told)
    await expect(journal.append(record('c'))).rejects.toMatchObject(told)
    await journal.close()
    expect(await collect(runDir)).not.toContain('b')
  })

  it('checks before every write that it still may write', async () => {
    let mine = true
    const journal = await openJournal(runDir, async () => {
      if (!mine) throw new LanternError('hold-lost', 'Lost.')
    })
    await journal.append(record('a'))
    mine = false
    await expect(journal.append(record('b'))).rejects.toMatchObject({code: 'hold-lost'})
    await journal.close()
    expect(await collect(runDir)).toEqual(['a'])
  })
})
