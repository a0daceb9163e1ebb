import {existsSync} from 'node:fs'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {arm as armOf, lockBenchmark, lockOf, record, writeRun} from '../../test/support/run-folders.js'
import {runnerOptions} from '../../test/support/runner-options.js'
import type {Arm, Generation, Request} from '../core/generation.js'
import type {LogRecord} from '../run-folder/record.js'
import {openRunner} from './index.js'
import type {RunnerEvent} from './runner.js'
import {SavedAnswers} from './saved-answers.js'

const options = runnerOptions({common: {benchmarks: ['vstar']}})

const arm: Arm = {
  id: 'replay:x|direct',
  model: 'replay:x',
  mode: 'direct',
  protocol: null,
  latentSize: null,
  intervention: null,
}

function request(benchmark: string, id: string): Request {
  return {
    sample: {id, benchmark, subtask: 's', images: [], question: 'q', gold: 'A'},
    arm,
    prompt: {system: null, parts: [{type: 'text', text: 'q'}]},
    decoding: {maxNewTokens: 16, temperature: 0, seed: 0},
  }
}

async function replay(
  path: string,
  asked: readonly (readonly [bench: string, id: string])[],
  benchmarks = ['vstar'],
): Promise<Generation[]> {
  const session = await openRunner(`replay:${path}`, runnerOptions({common: {benchmarks}}))
  async function* groups() {
    for (const [bench, id] of asked) yield [request(bench, id)]
  }
  const generations: Generation[] = []
  for await (const generation of session.generate(groups(), new AbortController().signal)) generations.push(generation)
  return generations
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replay-'))
})
afterEach(() => rm(folder, {recursive: true}))

async function file(name: string, content: string): Promise<string> {
  await writeFile(join(folder, name), content)
  return join(folder, name)
}

describe('replay of JSONL', () => {
  it('answers by benchmark and id, and keeps a stop other than eos', async () => {
    const path = await file(
      'a.jsonl',
      '{"bench":"vstar","id":"12","text":"A"}\n\n{"id":7,"text":"B","stop":"length"}\n',
    )
    const [a, b] = await replay(path, [
      ['vstar', '12'],
      ['vstar', '7'],
    ])
    expect(a).toMatchObject({text: 'A', stop: 'eos', attempts: 0, seen: null})
    expect(b).toMatchObject({text: 'B', stop: 'length'})
  })

  it('turns a saved error, and a missing answer, into an error', async () => {
    const path = await file('a.jsonl', '{"id":"1","error":"timeout"}\n')
    const [saved, absent] = await replay(path, [
      ['vstar', '1'],
      ['vstar', '2'],
    ])
    expect(saved).toMatchObject({stop: 'error', error: {code: 'saved-error', message: 'timeout'}})
    expect(absent).toMatchObject({stop: 'error', error: {code: 'no-answer', message: 'no saved answer'}})
  })

  it('prefers an answer to an error of the same sample', async () => {
    const path = await file(
      'a.jsonl',
      '{"id":"1","error":"timeout"}\n{"id":"1","text":"A"}\n{"id":"1","error":"timeout"}\n',
    )
    expect((await replay(path, [['vstar', '1']]))[0]).toMatchObject({text: 'A', stop: 'eos'})
  })

  it('accepts other usual names of the answer, as text or number, and reports them', async () => {
    const path = await file(
      'a.jsonl',
      '{"id":"1","response":"A"}\n{"id":"2","prediction":3}\n{"id":"3","output":"C"}\n',
    )
    const messages: string[] = []
    const session = await openRunner(`replay:${path}`, {
      ...options,
      common: {...options.common, notify: event => void (event.type === 'warning' && messages.push(event.message))},
    })
    expect(session.describe().details).toEqual({answers: 3})
    expect(messages[0]).toContain('took response as the answer')
    const texts = await replay(path, [
      ['vstar', '1'],
      ['vstar', '2'],
      ['vstar', '3'],
    ])
    expect(texts.map(({text}) => text)).toEqual(['A', '3', 'C'])
  })

  it.each([
    ['no answer', '{"id":"2"}'],
    ['an answer that is not text', '{"id":"2","text":{"a":1}}'],
    ['no id', '{"text":"A"}'],
    ['an unknown stop', '{"id":"2","text":"A","stop":"constructor"}'],
    ['an invalid repeat', '{"id":"2","text":"A","repeat":-1}'],
    ['null', 'null'],
    ['a list', '[]'],
    ['too deep a nesting', `{"id":"2","text":"A","a":${'['.repeat(5000)}${']'.repeat(5000)}}`],
    ['NUL bytes', '\0'.repeat(100)],
  ])('refuses a line with %s, naming it', async (_, line) => {
    const path = await file('a.jsonl', `{"id":"1","text":"A"}\n${line}\n`)
    await expect(replay(path, [])).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining(`${path}, line 2`),
    })
  })

  it('turns a null answer into an error', async () => {
    const path = await file('a.jsonl', '{"id":"1","text":"A"}\n{"id":"2","text":null}\n')
    expect((await replay(path, [['vstar', '2']]))[0]).toMatchObject({stop: 'error', error: {code: 'saved-error'}})
  })

  it('counts equal answers for one sample once, and refuses unequal ones, naming both lines', async () => {
    const equal = await file('a.jsonl', '{"id":"1","text":"A"}\n{"id":1,"text":"A"}\n')
    expect((await replay(equal, [['vstar', '1']]))[0]).toMatchObject({text: 'A'})
    const unequal = await file('b.jsonl', '{"id":"1","text":"A"}\n{"id":"2","text":"A"}\n{"id":1,"text":"B"}\n')
    await expect(replay(unequal, [])).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringMatching(/b\.jsonl, line 3 and .*b\.jsonl, line 1 are two answers for one sample, 1/),
    })
  })

  it('keeps the repeats of a sample separate', async () => {
    const path = await file('a.jsonl', '{"id":"1","text":"B","repeat":1}\n{"id":"1","text":"A","repeat":0}\n')
    expect((await replay(path, [['vstar', '1']]))[0]).toMatchObject({text: 'A'})
    const same = await file('b.jsonl', '{"id":"1","text":"B","repeat":1}\n{"id":"1","text":"A","repeat":1}\n')
    await expect(replay(same, [])).rejects.toMatchObject({message: expect.stringContaining('repeat 1')})
  })

  it('names the file and the line of what it cannot read', async () => {
    const path = await file('a.jsonl', '{"id":"1","text":"A"}\n{"id":"2","te')
    await expect(replay(path, [])).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining(`${path}, line 2`),
    })
  })

  it('asks for the benchmark where the run has several', async () => {
    const path = await file('a.jsonl', '{"id":"1","text":"A"}\n')
    await expect(replay(path, [], ['vstar', 'blink'])).rejects.toMatchObject({code: 'bad-file'})
  })
})

describe('replay of BLINK files', () => {
  it('reads predictions, also without the extension', async () => {
    await file('GPT4o.json', '{"val_Art_Style_1": "(A)"}')
    expect((await replay(join(folder, 'GPT4o'), [['blink', 'val_Art_Style_1']]))[0]).toMatchObject({
      text: '(A)',
      stop: 'eos',
    })
  })

  it('reads a folder of outputs, raw responses of both splits', async () => {
    const item = (split: string) =>
      `[{"idx": "${split}_IQ_Test_1", "answer": "(A)", "full_prediction": "raw ${split}", "prediction": "(A)"}]`
    await file('IQ Test.json', `{"val": ${item('val')}, "test": ${item('test')}}`)
    const texts = await replay(folder, [
      ['blink', 'val_IQ_Test_1'],
      ['blink', 'test_IQ_Test_1'],
    ])
    expect(texts.map(({text}) => text)).toEqual(['raw val', 'raw test'])
  })

  const shared = fileURLToPath(new URL('../../../shared/data/blink/', import.meta.url))
  const withShared = existsSync(shared) ? it : it.skip
  withShared('reads every published file (needs ../shared/data/blink)', async () => {
    for (const path of ['saved_val_predictions/GPT4V', 'saved_outputs/Yi_VL_6B']) {
      const session = await openRunner(`replay:${shared}${path}`, options)
      expect(session.describe().details).toEqual({answers: path.startsWith('saved_val') ? 1901 : 3807})
    }
  })
})

describe('replay of other harnesses', () => {
  it('gives the answers that an import reads', async () => {
    const path = fileURLToPath(new URL('../../fixtures/import/inspect.eval', import.meta.url))
    const asked = ['2', '3', '4'].map(id => ['blink', `val_Spatial_Relation_${id}`] as const)
    expect(await replay(path, asked)).toMatchObject([
      {text: 'After a look, the answer is (A).', usage: {promptTokens: 300}, timing: {totalMs: 500}},
      {stop: 'error', error: {message: 'connection reset'}},
      {text: 'First I look at', stop: 'length'},
    ])
  })
})

test('of several answers to one question the last that is no error counts, as in a log', () => {
  const answers = new SavedAnswers()
  const add = (text: string, error?: string) => answers.add('b', '1', 0, {text, stop: 'eos', ...(error && {error})})
  add('', 'first failure')
  add('', 'second failure')
  expect(answers.get('b', '1', 0)).toMatchObject({error: 'second failure'})
  add('A')
  add('B')
  add('', 'third failure')
  expect(answers.get('b', '1', 0)).toEqual({text: 'B', stop: 'eos'})
  expect(answers.size).toBe(1)
})

describe('replay of a run folder', () => {
  const direct = armOf('m', 'direct')
  const cot = armOf('m', 'text-cot')
  const saved = (of: Arm, id: string, outcome: 'correct' | 'error', changes: Partial<LogRecord> = {}) =>
    record({arm: of.id, bench: 'vstar', subtask: 's', id, outcome}, changes)
  const write = (arms: Arm[], records: LogRecord[]) =>
    writeRun(folder, lockOf(arms, [lockBenchmark('vstar', {s: 2})]), records)

  it('keeps usage, timing and errors', async () => {
    const usage = {promptTokens: 3, imageTokens: null, textTokens: 1, latentSteps: 5, markerTokens: 2, blocks: 1}
    write(
      [direct],
      [
        saved(direct, '1', 'correct', {text: 'A', usage, timing: {firstTokenMs: 1, totalMs: 2}}),
        saved(direct, '2', 'error', {error: {code: 'http', message: 'HTTP 500'}}),
      ],
    )
    const [good, bad] = await replay(folder, [
      ['vstar', '1'],
      ['vstar', '2'],
    ])
    expect(good).toMatchObject({text: 'A', usage: {latentSteps: 5}, timing: {totalMs: 2}})
    expect(bad).toMatchObject({stop: 'error', error: {message: 'HTTP 500'}})
  })

  it('names records that contradict themselves, and leaves them out', async () => {
    write(
      [direct],
      [saved(direct, '1', 'correct', {text: 'A'}), saved(direct, '2', 'correct', {outcome: 'unanswered', score: 1})],
    )
    const warnings: string[] = []
    const notify = (event: RunnerEvent) => event.type === 'warning' && warnings.push(event.message)
    const session = await openRunner(`replay:${folder}`, runnerOptions({common: {benchmarks: ['vstar'], notify}}))
    expect(session.describe().details).toEqual({answers: 1})
    expect(warnings).toEqual([`${folder}: 1 log record is not counted: line 2, 2, is unanswered with a score of 1.`])
  })

  it('asks for one of several arms', async () => {
    write([direct, cot], [saved(direct, '1', 'correct', {text: 'A'}), saved(cot, '1', 'correct', {text: 'B'})])
    await expect(replay(folder, [])).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('m|text-cot'),
    })
    expect((await replay(`${folder}#m|text-cot`, [['vstar', '1']]))[0]).toMatchObject({text: 'B'})
  })
})

describe('the identity of a replay', () => {
  it('is the same for the same answers in another order, and differs for another answer', async () => {
    const identity = async (content: string) => {
      const session = await openRunner(`replay:${await file('a.jsonl', content)}`, options)
      return session.describe().sha256
    }
    const first = await identity('{"id":"1","text":"A"}\n{"id":"2","text":"B"}\n')
    expect(await identity('{"id":"2","text":"B"}\n{"id":"1","text":"A"}\n')).toBe(first)
    expect(await identity('{"id":"2","text":"B"}\n{"id":"1","text":"C"}\n')).not.toBe(first)
  })
})

describe('openRunner', () => {
  it('lists the possible references for an unknown one', async () => {
    await expect(openRunner('gpt-4o', options)).rejects.toMatchObject({
      code: 'usage',
      suggestion: expect.stringContaining('replay:PATH'),
    })
  })

  it('reports that nothing is at the path', async () => {
    await mkdir(join(folder, 'empty'))
    await expect(openRunner(`replay:${join(folder, 'empty')}`, options)).rejects.toMatchObject({code: 'bad-file'})
    await expect(openRunner(`replay:${join(folder, 'absent')}`, options)).rejects.toMatchObject({code: 'bad-file'})
  })
})
