import {existsSync} from 'node:fs'
import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {writeParquet} from '../../../test/support/parquet.js'
import {runnerOptions} from '../../../test/support/runner-options.js'
import {readLock, settledRecords} from '../../run-folder/reader.js'
import type {LogRecord} from '../../run-folder/record.js'
import {rescore} from '../rescore.js'
import {type ImportSpec, importRun} from './index.js'

const fixture = (path: string) => fileURLToPath(new URL(`../../../fixtures/${path}`, import.meta.url))
const shared = fileURLToPath(new URL('../../../../shared/data/blink/saved_outputs/', import.meta.url))

let folder: string
let runs = 0
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-import-'))
})
afterEach(() => rm(folder, {recursive: true}))

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name)
  await mkdir(dirname(path), {recursive: true})
  await writeFile(path, content)
  return path
}
/** A machine that has fetched nothing. */
const machine = {cacheDir: '/nowhere', env: {HF_HOME: '/nowhere'}}
const jsonl = (...lines: unknown[]) => lines.map(line => `${JSON.stringify(line)}\n`).join('')

async function imported(paths: string[], change: Partial<ImportSpec> = {}) {
  const out = join(folder, `run-${runs++}`)
  const result = await importRun({paths, out, extractor: 'lantern-eval', mode: 'direct', data: {}, machine, ...change})
  const records = await settledRecords(out)
  const named = records.map(
    record => [record.repeat ? `${record.id} repeat ${record.repeat}` : record.id, record] as const,
  )
  return {result, records, byId: new Map(named), lock: await readLock(out)}
}
const brief = (record: LogRecord | undefined) =>
  record && [record.outcome, record.score, record.answer, record.metrics['peer'] ?? null, record['differs'] ?? false]

describe('an inspect .eval log', () => {
  it('is read whatever the compression of its members; the last of two members of one name counts', async () => {
    const {result, byId, lock} = await imported([fixture('import/inspect.eval')])
    expect(
      Object.fromEntries([...byId].map(([id, record]) => [id.slice('val_Spatial_Relation_'.length), brief(record)])),
    ).toEqual({
      1: ['correct', 1, 'B', 1, false],
      2: ['correct', 1, 'A', 0, true],
      3: ['error', null, null, 0, true],
      4: ['truncated', 0, null, 0, false],
      '1 repeat 1': ['wrong', 0, 'A', 0, false],
    })
    expect(byId.get('val_Spatial_Relation_1')).toMatchObject({
      ...{
        bench: 'blink',
        subtask: 'Spatial_Relation',
        options: ['yes', 'no'],
        text: 'The answer is B.',
        peerAnswer: 'B',
      },
      ...{usage: {promptTokens: 300, textTokens: 12, latentSteps: null}, timing: {totalMs: 500}},
    })
    expect(lock.seeds).toEqual({run: 0, repeats: 2})
    expect(result).toMatchObject({samples: 5, errors: 1, differences: 2, bothScored: 4, peerScore: 0.25, ourScore: 0.5})
    expect(lock).toMatchObject({
      prompts: {style: 'import:inspect'},
      benchmarks: [{id: 'blink', selected: 4, partial: true}],
    })
  })

  it('that is cut off is reported', async () => {
    const whole = await readFile(fixture('import/inspect.eval'))
    const path = await file('cut.eval', whole.subarray(0, whole.length - 30))
    await expect(imported([path])).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining('cut.eval'),
    })
  })

  it('with a broken member names it', async () => {
    const whole = Buffer.from(await readFile(fixture('import/inspect.eval')))
    // The first frame of the first sample that is packed with zstd loses its magic number.
    const name = whole.indexOf('samples/val_Spatial_Relation_4_epoch_1.json')
    whole.fill(0, name + 43, name + 47)
    await expect(imported([await file('broken.eval', whole)])).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining('samples/val_Spatial_Relation_4_epoch_1.json'),
    })
  })
})

describe('lmms-eval samples', () => {
  const blink = (idx: string, text: string, target: string, is_correct: boolean, pred_parsed = text[0]) => ({
    ...{doc_id: 7, target, resps: [[text]], filtered_resps: [text.trim()], doc_hash: 'x'},
    blink_acc: {id: idx, gt_content: target, pred_parsed, pred: text, sub_task: 'Jigsaw', is_correct},
  })

  it('of BLINK keep the official ids; a failed request is an error, not an answer', async () => {
    const path = await file(
      'some__model/20260806_samples_blink_jigsaw.jsonl',
      jsonl(
        blink('val_Jigsaw_1', 'Based on the edges, the answer is (B).', '(B)', false),
        blink('val_Jigsaw_2', 'A', '(A)', true),
        blink('val_Jigsaw_3', '[LMMS_EVAL_REQUEST_FAILED after 5 retries] timeout', '(B)', false),
      ),
    )
    const {byId, lock, result} = await imported([path])
    expect(brief(byId.get('val_Jigsaw_1'))).toEqual(['correct', 1, 'B', 0, true])
    expect(brief(byId.get('val_Jigsaw_2'))).toEqual(['correct', 1, 'A', 1, false])
    expect(brief(byId.get('val_Jigsaw_3'))).toEqual(['error', null, null, 0, true])
    // The letters come from the published answers, which ship with the package.
    expect(byId.get('val_Jigsaw_1')!.letters).toEqual(['A', 'B'])
    expect(lock.arms.map(({id}) => id)).toEqual(['import:some__model|direct'])
    expect(result.examples[0]).toMatchObject({id: 'val_Jigsaw_1', peer: 0, score: 1, peerAnswer: 'B'})
  })

  it('of V* take the options from the question', async () => {
    const text = 'What is the material of the glove?\n(A) rubber\n(B) cotton\nAnswer with the letter.'
    const metric = {question_id: 12, category: 'direct_attributes', score: 0, prediction: 'A', ground_truth: 'B'}
    const path = await file(
      'm/samples_vstar_bench.jsonl',
      jsonl({doc_id: 0, doc: {text}, target: 'B', filtered_resps: 'Answer: cotton', vstar_overall_acc: metric}),
    )
    const {byId} = await imported([path])
    expect(byId.get('12')).toMatchObject({
      bench: 'vstar',
      subtask: 'direct_attributes',
      options: ['rubber', 'cotton'],
      answer: 'B',
      outcome: 'correct',
    })
  })

  it('report file and line of a line without a response', async () => {
    const path = await file('m/samples_blink.jsonl', jsonl(blink('val_Jigsaw_1', 'A', '(A)', true), {doc_id: 1}))
    await expect(imported([path])).rejects.toMatchObject({code: 'bad-file', message: expect.stringContaining('line 2')})
  })
})

describe('VLMEvalKit predictions', () => {
  const rows = [
    {
      index: 0,
      question: 'Which?',
      A: 'x',
      B: 'y',
      C: null,
      answer: 'B',
      category: 'Visual Similarity',
      prediction: '"B"\nbecause',
      hit: 1,
    },
    {
      index: 1,
      question: 'Which?',
      A: 'x',
      B: 'y',
      C: 'z',
      answer: 'C',
      category: 'Counting',
      prediction: 'Failed to obtain answer via API.',
      hit: 0,
    },
  ]
  const check = async (path: string) => {
    const {byId, lock} = await imported([path])
    expect(byId.get('0')).toMatchObject({
      outcome: 'correct',
      subtask: 'Visual_Similarity',
      options: ['x', 'y'],
      metrics: {peer: 1},
    })
    expect(byId.get('1')).toMatchObject({outcome: 'error', score: null, error: {code: 'peer'}, metrics: {peer: 0}})
    expect(lock.models.map(({ref}) => ref)).toEqual(['import:Qwen2.5-VL-7B'])
  }

  it('are read from a TSV as pandas writes it', async () => {
    const cell = (value: unknown) =>
      value === null ? '' : /["\n\t]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value)
    const keys = Object.keys(rows[0]!)
    const lines = [keys.join('\t'), ...rows.map(row => Object.values(row).map(cell).join('\t'))]
    await check(await file('Qwen2.5-VL-7B_BLINK_gpt-4o-mini_result.tsv', `${lines.join('\n')}\n`))
  })

  it('are read from JSON by rows and by columns', async () => {
    await check(await file('Qwen2.5-VL-7B_BLINK_result.json', JSON.stringify(rows)))
    const columns = Object.fromEntries(
      Object.keys(rows[0]!).map(key => [key, {0: rows[0]![key as 'A'], 1: rows[1]![key as 'A']}]),
    )
    await check(await file('Qwen2.5-VL-7B_BLINK.json', JSON.stringify(columns)))
  })

  it('are read from a spreadsheet, its model and data set from the names of folder and file', async () => {
    const path = fixture('import/Some-VLM-7B/Some-VLM-7B_BLINK_exact_matching_result.xlsx')
    const {byId, lock, result} = await imported([path])
    expect(lock).toMatchObject({models: [{ref: 'import:Some-VLM-7B'}], benchmarks: [{id: 'blink'}]})
    expect([...byId].map(([id, record]) => [id, ...brief(record)!])).toEqual([
      ['0', 'correct', 1, 'B', 1, false],
      ['2', 'correct', 1, 'C', 0, true],
      ['1', 'error', null, null, 0, true],
    ])
    expect(byId.get('0')).toMatchObject({
      ...{subtask: 'Visual_Similarity', options: ['x < y', ' two  spaces ']},
      text: 'The second.\nSo "B" \x01 \u{1f600}',
    })
    expect(result.formats).toEqual(['vlmevalkit'])
  })
})

describe('a folder', () => {
  it('is read file by file, and files of no known format are reported', async () => {
    const line = (id: string, text: string) => `${JSON.stringify({doc_id: id, target: 'B', resps: [[text]], acc: 0})}\n`
    await file('logs/m/2_samples_vstar_bench.jsonl', line('1', 'B'))
    await file('logs/m/1_samples_blink_jigsaw.jsonl', line('2', 'A'))
    await file('logs/m/1_results.json', '{"results": {}}')
    await file('logs/torn.json', '{"val": [')
    const {records, result} = await imported([join(folder, 'logs')])
    expect(records.map(({bench, id}) => [bench, id])).toEqual([
      ['blink', '2'],
      ['vstar', '1'],
    ])
    expect(result.warnings).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/1_results\.json is left out: has no known format/),
        expect.stringMatching(/torn\.json is left out: is not JSON/),
      ]),
    )
  })

  it('may hold several formats; runs of ours in it are skipped', async () => {
    const {result} = await imported([fixture('import')])
    expect(result).toMatchObject({formats: ['vlmevalkit', 'inspect'], samples: 8})
    await writeFile(join(folder, 'm.jsonl'), jsonl({id: 1, text: 'A', gold: 'A'}))
    expect((await imported([folder], {bench: 'mine'})).result).toMatchObject({formats: ['jsonl'], samples: 1})
  })

  it('of VLMEvalKit gives the scored table and not the predictions as well', async () => {
    const header = 'index\tanswer\tprediction'
    await file('VLM/VLM_BLINK.tsv', `${header}\n0\tA\tA\n`)
    await file('VLM/VLM_BLINK_gpt-4o_result.tsv', `${header}\thit\n0\tA\tA\t1\n`)
    await file('VLM/VLM_BLINK_exact_matching_result.tsv', `${header}\thit\n0\tA\tA\t0\n`)
    const {records, result} = await imported([join(folder, 'VLM')])
    expect(records.map(record => record.metrics)).toEqual([{peer: 0}])
    expect(result.warnings.filter(text => text.includes('left out'))).toHaveLength(2)
  })

  it('without such a file, or one of our own runs, is refused', async () => {
    await file('notes/a.txt', 'hello')
    await expect(imported([join(folder, 'notes')])).rejects.toMatchObject({code: 'bad-file'})
    await file('ours/lock.json', '{}')
    await expect(imported([join(folder, 'ours')])).rejects.toMatchObject({code: 'usage'})
  })
})

describe('answers in a generic form', () => {
  it('are read by the names of their fields, and the fields used are reported', async () => {
    const path = await file('m.jsonl', jsonl({id: 3, prediction: '(B)', answer: 'B', correct: true, category: 's'}))
    const {byId, result, lock} = await imported([path], {bench: 'mine'})
    expect(byId.get('3')).toMatchObject({
      ...{bench: 'mine', subtask: 's', gold: 'B', outcome: 'correct'},
      metrics: {peer: 1},
    })
    expect(lock.models.map(({ref}) => ref)).toEqual(['import:m'])
    expect(result.warnings[0]).toMatch(/took prediction as the answer, answer as gold, correct as the score/)
  })

  it('may be a CSV', async () => {
    const rows = ['\ufeffid,response,gold,score', 'x,"The answer is A, ""surely""",A,1', 'y,,B,0', '']
    const {byId} = await imported([await file('m.csv', rows.join('\r\n'))], {bench: 'mine', model: 'M'})
    expect(byId.get('x')).toMatchObject({text: 'The answer is A, "surely"', outcome: 'correct', metrics: {peer: 1}})
    expect(byId.get('y')).toMatchObject({text: '', outcome: 'unanswered'})
  })

  it('need a benchmark, an id and an answer', async () => {
    const path = await file('m.jsonl', jsonl({id: 1, text: 'A'}))
    await expect(imported([path])).rejects.toMatchObject({
      code: 'usage',
      suggestion: expect.stringContaining('--bench'),
    })
    await expect(imported([await file('m.csv', 'id,note\n1,1\n')], {bench: 'mine'})).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining('no column for the answer (text, '),
    })
  })

  const scores = (...rows: string[]) => ['qid,condition,score', ...rows, ''].join('\n')

  it('may be scores without answers, which no extractor changes', async () => {
    const path = await file('study.csv', 'question_id,acc,model_name\n1,1,M\n2,0.25,M\n')
    const {byId, result, lock} = await imported([path], {bench: 'mine'})
    expect(brief(byId.get('1'))).toEqual(['correct', 1, null, 1, false])
    expect(brief(byId.get('2'))).toEqual(['wrong', 0.25, null, 0.25, false])
    expect(lock.models.map(({ref}) => ref)).toEqual(['import:M'])
    expect(result.warnings.join()).not.toMatch(/unscored/)
    const out = join(folder, 'scores-again')
    const from = join(folder, `run-${runs - 1}`)
    await rescore(
      {from, out, extractor: 'lvr', data: {}, maxErrorRate: 1, chat: runnerOptions()},
      new AbortController().signal,
    )
    expect((await settledRecords(out)).map(({score}) => score)).toEqual([1, 0.25])
  })

  it('may hold several conditions: an arm for each, which are interventions where they are called so', async () => {
    const path = await file('study.csv', scores('1,own,correct', '1,zeros,wrong', '2,own,yes', '2,zeros,no'))
    const {lock, records} = await imported([path], {bench: 'mine', mode: 'latent', model: 'M'})
    expect(lock.arms.map(({id}) => id).sort()).toEqual([
      ...['import:M|latent|default|own', 'import:M|latent|default|zeros'],
    ])
    expect(lock.models).toHaveLength(1)
    expect(records.map(({arm, score}) => `${arm.split('|')[3]} ${score}`).sort()).toEqual([
      ...['own 1', 'own 1', 'zeros 0', 'zeros 0'],
    ])
    const other = await file('other.csv', scores('1,blurred,1', '1,sharp,0'))
    expect((await imported([other], {bench: 'mine', model: 'M'})).lock.arms.map(({id}) => id)).toEqual([
      ...['import:M/blurred|direct', 'import:M/sharp|direct'],
    ])
  })

  it('that are neither an answer nor a score say so', async () => {
    const path = await file('study.csv', scores('1,own,87'))
    await expect(imported([path], {bench: 'mine'})).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining('has no answer, and its score (score) is 87, which is not from 0 to 1'),
    })
  })

  it('may be a JSON list or parquet', async () => {
    const list = await file('m.json', JSON.stringify([{id: 'x', response: 'B', gold: 'B'}]))
    expect((await imported([list], {bench: 'mine'})).byId.get('x')).toMatchObject({outcome: 'correct'})
    const path = join(folder, 'm.parquet')
    writeParquet(path, [
      {name: 'idx', type: 'number', data: [7, 8]},
      {name: 'prediction', type: 'text', data: ['(A)', '(B)']},
      {name: 'answer', type: 'text', data: ['A', 'A']},
    ])
    const {byId} = await imported([path], {bench: 'mine'})
    expect(byId.get('7')).toMatchObject({outcome: 'correct'})
    expect(byId.get('8')).toMatchObject({outcome: 'wrong'})
  })
})

describe('BLINK’s own files', () => {
  it('as final predictions under verbatim give the official score on both sides', async () => {
    const {result} = await imported([fixture('replay/GPT4o.json')], {extractor: 'verbatim'})
    // design/benchmarks.md 8.1: 1,139 of 1,901.
    expect(result).toMatchObject({samples: 1901, differences: 0, peerScore: 1139 / 1901, ourScore: 1139 / 1901})
  })

  const withShared = existsSync(shared) ? it : it.skip
  withShared(
    'as a folder of raw responses keep the authors’ score beside ours (skipped without ../shared/data)',
    async () => {
      const {result, lock} = await imported([join(shared, 'Yi_VL_6B')])
      expect(result).toMatchObject({samples: 1901, bothScored: 1901, peerScore: 728 / 1901})
      expect(lock.benchmarks[0]).toMatchObject({selected: 1901, available: 1901, partial: false})
    },
  )

  it('of a hidden split are unscored', async () => {
    const item = {idx: 'test_Jigsaw_1', answer: 'hidden', full_prediction: '(B)', prediction: '(B)'}
    const {byId} = await imported([await file('GPT/Jigsaw.json', JSON.stringify({val: [], test: [item]}))], {
      split: 'test',
    })
    expect(brief(byId.get('test_Jigsaw_1'))).toEqual(['unscored', null, 'B', null, false])
  })
})

describe('an imported run', () => {
  it('keeps the peer’s score when it is rescored, and marks differences again', async () => {
    const path = await file(
      'm/samples_vstar_bench.jsonl',
      `${JSON.stringify({doc_id: 1, target: 'B', resps: [['It is B']], acc: 0})}\n`,
    )
    const {byId} = await imported([path])
    expect(brief(byId.get('1'))).toEqual(['correct', 1, 'B', 0, true])
    const out = join(folder, 'rescored')
    const chat = runnerOptions()
    await rescore(
      {from: join(folder, `run-${runs - 1}`), out, extractor: 'lvr', data: {}, maxErrorRate: 1, chat},
      new AbortController().signal,
    )
    expect(brief((await settledRecords(out))[0])).toEqual(['wrong', 0, 'I', 0, false])
  })
})

describe('the samples of an import', () => {
  const rows = (...ids: string[]) => jsonl(...ids.map(doc_id => ({doc_id, target: 'B', resps: [['B']], acc: 1})))
  const val = (...ids: string[]) =>
    JSON.stringify({val: ids.map(idx => ({idx, answer: '(A)', prediction: '(A)', full_prediction: '(A)'}))})

  it('are verified where all are published ones, as far as the data at hand tell', async () => {
    const published = await file('GPT/Jigsaw.json', val('val_Jigsaw_1', 'val_Jigsaw_2'))
    const {lock, result} = await imported([published])
    expect(lock.benchmarks[0]).toMatchObject({id: 'blink', verified: true, kind: 'official', partial: true})
    expect(result.warnings.join()).not.toMatch(/published/)
  })

  it('are not verified with one that is not published', async () => {
    const invented = await file('GPT/Jigsaw.json', val('val_Jigsaw_1', 'val_Jigsaw_9999'))
    const {lock, result} = await imported([invented])
    expect(lock.benchmarks[0]!.verified).toBe(false)
    expect(result.warnings).toContain('These are not the published samples of blink.')
  })

  it('are not verified where nobody can tell', async () => {
    const {lock, result} = await imported([await file('m/samples_vstar_bench.jsonl', rows('1', '2'))])
    expect(lock.benchmarks[0]).toMatchObject({id: 'vstar', verified: false})
    expect(result.warnings.join()).toContain('its data are not at hand (--data)')
  })

  it('are built-in where the built-in data were named', async () => {
    const path = await file('m/samples_vstar_bench.jsonl', rows('0', '1'))
    const {lock, result} = await imported([path], {data: {vstar: 'builtin'}})
    expect(lock.benchmarks[0]).toMatchObject({verified: false, kind: 'builtin'})
    expect(result.warnings.join()).not.toMatch(/published/)
  })
})

describe('importing', () => {
  it('takes the built-in samples with --data builtin, as every command does', async () => {
    const {result} = await imported([fixture('import/inspect.eval')], {data: {'*': 'builtin'}})
    expect(result.samples).toBeGreaterThan(0)
  })

  it('refuses named data that are not there', async () => {
    const data = {'*': join(folder, 'nowhere')}
    await expect(imported([fixture('import/inspect.eval')], {data})).rejects.toMatchObject({code: 'data-absent'})
  })

  it('resumes the same import, and refuses another into the same folder', async () => {
    const path = fixture('import/inspect.eval')
    const out = join(folder, 'again')
    const spec: ImportSpec = {paths: [path], out, extractor: 'lantern-eval', mode: 'direct', data: {}, machine}
    await importRun(spec)
    const log = await readFile(join(out, 'log.jsonl'), 'utf8')
    await writeFile(join(out, 'log.jsonl'), log.slice(0, log.length / 2))
    await importRun(spec)
    const sorted = (text: string) => text.split('\n').sort()
    expect(sorted(await readFile(join(out, 'log.jsonl'), 'utf8'))).toEqual(sorted(log))
    await expect(importRun({...spec, extractor: 'lvr'})).rejects.toMatchObject({code: 'provenance'})
  })

  it('reports that there is nothing to import', async () => {
    await expect(imported([await file('GPT/Jigsaw.json', '{"val": []}')])).rejects.toMatchObject({
      code: 'nothing-evaluated',
    })
    await expect(imported([join(folder, 'absent.eval')])).rejects.toMatchObject({code: 'bad-file'})
    await expect(imported([await file('notes.json', '{"a": 1}')])).rejects.toMatchObject({code: 'bad-file'})
  })
})
