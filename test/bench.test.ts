import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {captureOutput} from '@oclif/test'
import BenchExport from '../src/commands/bench/export.js'
import BenchList from '../src/commands/bench/list.js'
import BenchMake from '../src/commands/bench/make.js'
import BenchShow from '../src/commands/bench/show.js'
import BenchVerify from '../src/commands/bench/verify.js'
import {arm, lockBenchmark, lockOf, record, writeRun} from './support/run-folders.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const output = async (command: {run(argv: string[], root: string): Promise<unknown>}, ...argv: string[]) => {
  process.exitCode = undefined
  const {stdout, stderr} = await captureOutput(async () => command.run(argv, root))
  const {exitCode} = process
  process.exitCode = undefined
  return {stdout, stderr, exitCode: exitCode ?? 0}
}
const json = async (...call: Parameters<typeof output>) => {
  const {stdout, exitCode} = await output(...call, '--json')
  return {document: JSON.parse(stdout), exitCode}
}

let folder: string
let environment: NodeJS.ProcessEnv
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-eval-bench-'))
  // The caches of this machine must not affect the tests.
  environment = {...process.env}
  process.env['LANTERN_EVAL_CACHE_DIR'] = join(folder, 'cache')
  process.env['HF_HOME'] = join(folder, 'hub')
})
afterAll(async () => {
  process.env = environment
  await rm(folder, {recursive: true})
})

test('bench list shows sizes, headlines and which data are available', async () => {
  const {document} = await json(BenchList)
  const blink = document.benchmarks.find(({id}: {id: string}) => id === 'blink')
  expect(blink).toMatchObject({
    splits: ['val', 'test'],
    scoring: {aggregate: 'macro'},
    data: {official: null, answers: expect.any(String)},
  })
  expect((await output(BenchList)).stdout).toMatch(/vstar +2 +191 \(test\) +micro accuracy/)
})

describe('bench verify', () => {
  test('finds no problem in the official BLINK answers and identifies their labels', async () => {
    const {document, exitCode} = await json(BenchVerify, 'blink')
    expect(document).toMatchObject({
      bench: 'blink',
      split: 'val',
      revision: '2d6a779be4aa1ad0d38d7aa539bcb43b6dd81592',
      labels: 'old',
      problems: [],
      ok: true,
    })
    expect(document.subtasks).toContainEqual({name: 'Relative_Reflectance', found: 134, expected: 134})
    expect(exitCode).toBe(0)
  })

  test('exits with 5 when something is wrong, and says what', async () => {
    const path = join(folder, 'val_answers.json')
    await writeFile(path, '{"val_Counting_1": "(A)", "val_Counting_2": "A or B"}')
    const {document, exitCode} = await json(BenchVerify, 'blink', '--data', path)
    expect(exitCode).toBe(5)
    expect(document).toMatchObject({labels: 'unknown', ok: false})
    expect(document.problems).toContainEqual({
      id: null,
      kind: 'broken-record',
      message: `${path}: "val_Counting_2" is not a letter.`,
    })
    expect((await output(BenchVerify, 'blink', '--data', path)).stdout).toContain('Counting: 1 samples instead of 120.')
  })

  test.each(['blink', 'vstar', 'viscot'])(
    'finds no problem in the built-in samples of %s, pictures included',
    async bench => {
      const {document} = await json(BenchVerify, bench, '--data', 'builtin')
      expect([document.kind, document.pictures, document.problems]).toEqual(['builtin', true, []])
    },
  )

  test('for absent data, exits with 4 and names the command that fetches them', async () => {
    const {document, exitCode} = await json(BenchVerify, 'blink', '--data', join(folder, 'nowhere'))
    expect([document.error.code, exitCode]).toEqual(['data-absent', 4])
    expect(document.error.suggestion).toContain('bench pull')
  })

  test('a split that does not exist is a usage error', async () => {
    expect((await json(BenchVerify, 'vstar', '--split', 'val')).exitCode).toBe(2)
  })
})

describe('bench show', () => {
  test('shows one sample, with the size and hash of its pictures', async () => {
    const {document} = await json(BenchShow, 'vstar:0', '--data', 'builtin')
    expect(document).toMatchObject({
      id: '0',
      benchmark: 'vstar',
      subtask: 'direct_attributes',
      letters: ['A', 'B', 'C', 'D'],
    })
    expect(document.boxes[0]).toHaveLength(4)
    expect(document.images).toEqual([
      {
        source: expect.stringMatching(/^direct_attributes\//),
        width: 112,
        height: 112,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ])
  })

  test('a pipe gets no escape sequence, whatever the terminal around it can draw', async () => {
    const before = process.env['KITTY_WINDOW_ID']
    process.env['KITTY_WINDOW_ID'] = '1'
    try {
      const {stdout} = await output(BenchShow, 'vstar:0', '--data', 'builtin')
      expect(stdout).toMatch(/picture {2}direct_attributes\/.*112 x 112/)
      expect(stdout).not.toContain('\u001b')
    } finally {
      if (before === undefined) delete process.env['KITTY_WINDOW_ID']
      else process.env['KITTY_WINDOW_ID'] = before
    }
  })

  test('finds an id without the name of its benchmark', async () => {
    const {stdout} = await output(BenchShow, 'val_Jigsaw_1', '--data', 'builtin')
    expect(stdout).toMatch(/^blink Jigsaw val_Jigsaw_1\n/)
    expect(stdout).toContain('  (A) the second image')
  })

  test('an unknown id is a usage error', async () => {
    expect((await json(BenchShow, 'val_Nonsense_1')).exitCode).toBe(2)
  })
})

describe('bench export', () => {
  const direct = arm('openai:m', 'direct')
  const hidden = (bench: string, id: string, answer: string | null, text = '') =>
    record({arm: direct.id, bench, subtask: 'x', id, outcome: 'unscored'}, {answer, text})

  test('BLINK: one object of bracketed answers by id; an unreadable answer is (Z)', async () => {
    const run = join(folder, 'blink-run')
    writeRun(run, lockOf([direct], [lockBenchmark('blink', {x: 2}, {split: 'test'})]), [
      hidden('blink', 'test_Counting_1', 'B'),
      hidden('blink', 'test_Jigsaw_1', null),
    ])
    const {document, exitCode} = await json(BenchExport, run, '--out', join(folder, 'submission'))
    expect(document).toMatchObject({bench: 'blink', split: 'test', samples: 2, unanswered: 1, complete: true})
    expect(exitCode).toBe(0)
    expect(JSON.parse(await readFile(document.files[0], 'utf8'))).toEqual({
      test_Counting_1: '(B)',
      test_Jigsaw_1: '(Z)',
    })
  })

  test("VisCoT: the official judge's file for each data set", async () => {
    const run = join(folder, 'viscot-run')
    writeRun(run, lockOf([direct], [lockBenchmark('viscot', {gqa: 3})]), [
      hidden('viscot', 'gqa/7', 'a', 'window'),
      hidden('viscot', 'cub/9', 'a', 'Yes'),
    ])
    const out = join(folder, 'viscot')
    const {document} = await json(BenchExport, run, '--out', out)
    expect(document).toMatchObject({complete: false, files: [join(out, 'gqa.jsonl'), join(out, 'cub.jsonl')]})
    expect(await readFile(join(out, 'gqa.jsonl'), 'utf8')).toBe('{"question_id":7,"text":"window"}\n')
  })

  test('refuses samples that are errors, because a server would count them as wrong', async () => {
    const run = join(folder, 'error-run')
    writeRun(run, lockOf([direct], [lockBenchmark('blink', {x: 1})]), [
      record({arm: direct.id, bench: 'blink', subtask: 'x', id: 'val_Counting_1', outcome: 'error'}),
    ])
    expect((await json(BenchExport, run, '--out', join(folder, 'none'))).exitCode).toBe(4)
  })

  test('a run with several arms needs the name of an arm, and the error lists them', async () => {
    const run = join(folder, 'arms-run')
    const cot = arm('openai:m', 'text-cot')
    writeRun(run, lockOf([direct, cot], [lockBenchmark('blink', {x: 1})]), [hidden('blink', 'val_Counting_1', 'A')])
    const {document, exitCode} = await json(BenchExport, run, '--out', join(folder, 'none'))
    expect([exitCode, document.error.suggestion]).toEqual([2, expect.stringContaining(cot.id)])
    expect((await json(BenchExport, `${run}#${direct.id}`, '--out', join(folder, 'one'))).document.samples).toBe(1)
    expect((await json(BenchExport, `${run}#direct`, '--out', join(folder, 'one'))).document.arm).toBe(direct.id)
  })

  test('a sample asked in several option orders has no single answer to submit', async () => {
    const run = join(folder, 'orders-run')
    const variant = {...hidden('blink', 'val_Counting_1#o0', 'A'), item: 'val_Counting_1'}
    writeRun(run, lockOf([direct], [lockBenchmark('blink', {x: 1})]), [variant])
    const {document, exitCode} = await json(BenchExport, run, '--out', join(folder, 'none'))
    expect([exitCode, document.error.message]).toEqual([2, expect.stringContaining('option orders')])
  })

  test('reports a place that cannot be written instead of crashing', async () => {
    const run = join(folder, 'unwritable-run')
    writeRun(run, lockOf([direct], [lockBenchmark('blink', {x: 1})]), [hidden('blink', 'val_Counting_1', 'A')])
    expect((await json(BenchExport, run, '--out', join(run, 'lock.json'))).exitCode).toBe(4)
    expect((await json(BenchMake, 'hops', '--n', '15', '--out', join(run, 'lock.json', 'x'))).exitCode).toBe(4)
  })
})
