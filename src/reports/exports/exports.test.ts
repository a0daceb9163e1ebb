// What the exports write, read back by other readers: the published schemas, yaml, a parquet reader, and Python where
// it is at hand.
import {spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Ajv} from 'ajv'
import {parquetReadObjects} from 'hyparquet'
import {parse} from 'yaml'
import {arm, lockBenchmark, lockOf, record, recordsOf, writeRun} from '../../../test/support/run-folders.js'
import {writeLatents} from '../../run-folder/latents.js'
import type {LogRecord} from '../../run-folder/record.js'
import {outputNamed} from '../formats/index.js'
import {writeOutputs} from '../publish.js'
import {readRun} from '../read-run.js'
import {resultTable} from '../result-table.js'
import type {ResultDocument} from '../schemas/result.js'

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-exports-'))
afterAll(() => rmSync(folder, {recursive: true}))

const vstar = lockBenchmark(
  'vstar',
  {direct_attributes: 12, relative_position: 8},
  {aggregate: 'micro', split: 'test', revision: 'd9ae62c', verified: true},
)
const blink = lockBenchmark('blink', {Counting: 5}, {verified: false})
const hops = lockBenchmark('hops', {'hops-1': 4}, {kind: 'builtin', split: 'test', aggregate: 'micro'})
const own = arm('hub:owner/lantern-3b@abc', 'latent', {protocol: 'lantern', latentSize: 2, intervention: 'own'})
const direct = arm('openai:Qwen "7B": 100%\n- x', 'direct')
const environment = {lanternEval: '0.1.0', startedAt: '2026-11-28T09:00:00.000Z', titles: {}}

/** Text from models that would break a table, a line or a document. */
const hostile = 'a\tb\n```"quoted", \\ & % </script> \u2028 中 🜁 <answer>A</answer>'

async function tableOf(name: string, changes: Partial<Parameters<typeof lockOf>[2]> = {}): Promise<ResultDocument> {
  const dir = join(folder, name)
  const outcome = (_: string, k: number) =>
    k === 0 ? 'error' : k === 1 ? 'unanswered' : k % 3 === 0 ? 'wrong' : 'correct'
  const said: Partial<LogRecord> = {
    ...{text: hostile, question: 'What is "it"?', options: ['red', 'blue'], metrics: {iou: 0.5}, cluster: 'a.jpg'},
    seen: {promptSha256: 'p'.repeat(64), images: []},
  }
  const records = [
    ...recordsOf(own, vstar, outcome, said),
    ...recordsOf(direct, vstar, (_, k) => (k % 2 === 0 ? 'correct' : 'wrong'), said),
    ...recordsOf(own, blink, () => 'correct', said),
    ...recordsOf(direct, hops, () => 'correct', said),
    // A record that failed first and was asked again counts once.
    record({arm: own.id, bench: 'blink', subtask: 'Counting', id: 'Counting_1', outcome: 'wrong'}, said),
  ]
  const models = [{ref: own.model, sha256: 'c'.repeat(64), precision: 'fp32'}, {ref: direct.model}]
  writeRun(dir, lockOf([own, direct], [vstar, blink, hops], {environment, models, ...changes}), records)
  await writeLatents(dir, {arm: own.id, bench: 'vstar', id: 'direct_attributes_3'}, [
    {vectors: [Float32Array.of(1, 2)]} as unknown as Parameters<typeof writeLatents>[2][number],
  ])
  return resultTable([await readRun(dir)])
}

const now = new Date('2026-11-28T10:00:00Z')
const write = (document: ResultDocument, format: string, path: string, includeUnofficial = false) =>
  writeOutputs(document, [{format, path}], {includeUnofficial, now})

/** The document with these rows only. */
const only = (document: ResultDocument, fits: (row: ResultDocument['rows'][number]) => boolean): ResultDocument => ({
  ...document,
  rows: document.rows.filter(fits),
})

let document: ResultDocument
beforeAll(async () => {
  document = await tableOf('run')
})

const linesOf = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))

describe('eee', () => {
  const schemas = new URL('../../../fixtures/schemas/every_eval_ever/', import.meta.url)
  const ajv = new Ajv({strict: false, allErrors: true})
  const validate = (name: string) => ajv.compile(JSON.parse(readFileSync(new URL(name, schemas), 'utf8')))
  const [aggregateFits, sampleFits] = [validate('eval.schema.json'), validate('instance_level_eval.schema.json')]

  it('writes what the published schemas ask for, for every row, whatever samples it is of', async () => {
    const path = join(folder, 'eee')
    const told = await write(document, 'eee', path)
    const names = readdirSync(path).filter(name => name.endsWith('.json'))
    const scored = document.rows.filter(({score}) => score !== null)
    expect(names).toHaveLength(scored.length)
    for (const name of names) {
      const aggregate = JSON.parse(readFileSync(join(path, name), 'utf8'))
      aggregateFits(aggregate)
      expect(aggregateFits.errors).toBeNull()
      const samples = linesOf(join(path, name.replace('.json', '_samples.jsonl')))
      for (const line of samples) {
        sampleFits(line)
        expect(sampleFits.errors).toBeNull()
        expect(line.evaluation_id).toBe(aggregate.evaluation_id)
        const ids = aggregate.evaluation_results.map((one: {evaluation_result_id: string}) => one.evaluation_result_id)
        expect(ids).toContain(line.evaluation_result_id)
      }
      expect(aggregate.detailed_evaluation_results.total_rows).toBe(samples.length)
      const row = scored.find(
        ({arm, bench}) =>
          aggregate.evaluation_id.startsWith(`${bench}-`) && arm === aggregate.model_info.additional_details.arm,
      )!
      expect(aggregate.evaluation_results[0].score_details.score).toBe(row.score)
      expect(aggregate.source_metadata.additional_details.samples).toBe(row.sample)
      if (row.aggregate === 'micro')
        expect(samples.reduce((sum, {evaluation}) => sum + evaluation.score, 0) / samples.length).toBeCloseTo(
          row.score!,
          12,
        )
    }
    const ids = names.map(name => JSON.parse(readFileSync(join(path, name), 'utf8')).evaluation_id)
    expect(new Set(ids).size).toBe(names.length)
    expect(told.join('\n')).toMatch(/data\/vstar\/owner\/lantern-3b\/[0-9a-f-]+_samples\.jsonl/)
    expect(told.join('\n')).toContain('leaves out 2 records without a score')
  })

  it('has the arm and the digest of the latents in the metadata, and the same names the second time', async () => {
    const path = join(folder, 'eee-latents')
    const one = only(document, ({arm, bench}) => arm === own.id && bench === 'vstar')
    await write(one, 'eee', path)
    const before = readdirSync(path).sort()
    await write(one, 'eee', path)
    expect(readdirSync(path).sort()).toEqual(before)
    const aggregate = JSON.parse(readFileSync(join(path, before.find(name => name.endsWith('.json'))!), 'utf8'))
    expect(aggregate.model_info).toMatchObject({
      ...{id: 'owner/lantern-3b', developer: 'owner'},
      additional_details: {
        ...{arm: own.id, latent_protocol: 'lantern', latent_size: '2', intervention: 'own'},
        ...{checkpoint_sha256: 'c'.repeat(64), latents_sha256: expect.stringMatching(/^[0-9a-f]{64}$/)},
      },
    })
    const samples = linesOf(join(path, before.find(name => name.endsWith('.jsonl'))!))
    const digests = samples.flatMap(({sample_id, metadata}) => (metadata.latents_sha256 ? [sample_id] : []))
    expect(digests).toEqual(['direct_attributes_3'])
    expect(samples[0].output.raw).toEqual([hostile])
  })
})

describe('nel', () => {
  it('writes a file of one row at its path, with whole numbers for problems', async () => {
    const path = join(folder, 'nel', 'results.jsonl')
    const told = await write(
      only(document, ({arm, bench}) => arm === own.id && bench === 'vstar'),
      'nel',
      path,
    )
    const lines = linesOf(path)
    expect(lines).toHaveLength(18)
    expect(told).toEqual([`${path} leaves out 2 records without a score: failed ones, or hidden gold answers.`])
    expect(new Set(lines.map(({problem_idx}) => problem_idx)).size).toBe(18)
    expect(lines[0]).toMatchObject({
      ...{problem_idx: expect.any(Number), repeat: 0, reward: 0, model_response: hostile, expected_answer: 'A'},
      metadata: {category: 'direct_attributes', id: 'direct_attributes_2', samples: 'official'},
    })
  })

  it('numbers the same samples alike in every run, and gives several rows a file each', async () => {
    const path = join(folder, 'nel-all', 'results.jsonl')
    const told = await write(document, 'nel', path)
    const names = readdirSync(join(folder, 'nel-all'))
    for (const sentence of told) expect(sentence).not.toMatch(/\n/)
    expect(names).toHaveLength(document.rows.length)
    const numbers = names
      .filter(name => name.includes('.vstar.'))
      .map(name => new Map(linesOf(join(folder, 'nel-all', name)).map(one => [one.metadata.id, one.problem_idx])))
    const [some, all] = numbers.sort((a, b) => a.size - b.size) as [Map<string, number>, Map<string, number>]
    for (const [id, number] of some) expect(all.get(id)).toBe(number)
  })

  it('keeps the repeats of a sample apart', async () => {
    const dir = join(folder, 'repeats')
    const records = [0, 1].flatMap(repeat => [
      ...recordsOf(direct, hops, () => (repeat ? 'wrong' : 'correct'), {repeat}),
    ])
    writeRun(dir, lockOf([direct], [hops], {seeds: {run: 0, repeats: 2}}), records)
    const path = join(folder, 'repeats.jsonl')
    await write(resultTable([await readRun(dir)]), 'nel', path)
    expect(
      linesOf(path)
        .map(({metadata, repeat, reward}) => [metadata.id, repeat, reward])
        .sort(),
    ).toEqual(
      [0, 1, 2, 3].flatMap(k => [
        [`hops-1_${k + 1}`, 0, 1],
        [`hops-1_${k + 1}`, 1, 0],
      ]),
    )
  })

  it('gives a sample the same number in a selection of other samples', async () => {
    const numbers = await Promise.all(
      [2, 4].map(async size => {
        const dir = join(folder, `selection-${size}`)
        const bench = lockBenchmark('hops', {'hops-1': size}, {kind: 'builtin', split: 'test', aggregate: 'micro'})
        writeRun(dir, lockOf([direct], [bench]), [...recordsOf(direct, bench, () => 'correct')])
        await write(resultTable([await readRun(dir)]), 'nel', `${dir}.jsonl`)
        return new Map(linesOf(`${dir}.jsonl`).map(one => [one.metadata.id, one.problem_idx]))
      }),
    )
    const [some, all] = numbers as [Map<string, number>, Map<string, number>]
    expect(some.size).toBe(2)
    for (const [id, number] of some) expect(all.get(id)).toBe(number)
    for (const number of all.values()) expect(Number.isSafeInteger(number)).toBe(true)
  })

  it('refuses several rows for a path beside which no file can stand', async () => {
    await expect(write(document, 'nel', '/dev/null')).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(`there are ${document.rows.length} rows, and nel writes a file for each`),
    })
  })
})

describe('hf-eval-results and model-index', () => {
  it('leave out what is not official, and say so', async () => {
    const path = join(folder, 'hf', 'results.yaml')
    const told = await write(document, 'hf-eval-results', path)
    expect(told).toContain(`${path} leaves out 1 row: unverified samples (--include-unofficial).`)
    expect(told.at(-1)).toMatch(/names the tasks vstar: the hub takes those of the eval.yaml/)
    expect(told.join()).toContain('built-in samples (--include-unofficial)')
    const names = readdirSync(join(folder, 'hf')).sort()
    expect(names).toHaveLength(2)
    const [entry, ...more] = parse(readFileSync(join(folder, 'hf', 'results.owner-lantern-3b.yaml'), 'utf8'))
    expect(more).toEqual([])
    const row = document.rows.find(({arm, bench}) => arm === own.id && bench === 'vstar')!
    expect(entry).toEqual({
      dataset: {id: 'craigwu/vstar_bench', task_id: 'vstar', revision: 'd9ae62c'},
      value: Number((100 * row.score!).toFixed(2)),
      date: '2026-11-28',
      source: {url: expect.stringContaining('lantern-eval'), name: 'lantern-eval 0.1.0'},
      notes: expect.stringMatching(
        /^accuracy in %, 95 % interval .*n 18 of 20.*protocol lantern.*extractor lantern-eval/,
      ),
    })
  })

  it('have everything with --include-unofficial, and say in the notes what it is', async () => {
    const path = join(folder, 'all.yaml')
    const told = await write(
      only(document, ({arm}) => arm === own.id),
      'hf-eval-results',
      path,
      true,
    )
    expect(told.filter(one => one.includes('unverified'))).toEqual([])
    const entries = parse(readFileSync(path, 'utf8'))
    expect(entries.map(({notes}: {notes: string}) => /samples unverified/.test(notes)).sort()).toEqual([false, true])
  })

  it('give each arm a file where a model was asked the same in several ways, and dates in quotes', async () => {
    const dir = join(folder, 'ways')
    const ways = [own, arm(own.model, 'text-cot')]
    writeRun(dir, lockOf(ways, [vstar], {environment}), [
      ...ways.flatMap(one => [...recordsOf(one, vstar, () => 'correct')]),
    ])
    const path = join(folder, 'ways-out', 'r.yaml')
    await write(resultTable([await readRun(dir)]), 'hf-eval-results', path)
    const names = readdirSync(join(folder, 'ways-out')).sort()
    expect(names).toEqual(['r.owner-lantern-3b-latent-lantern-2-own.yaml', 'r.owner-lantern-3b-text-cot.yaml'])
    const text = readFileSync(join(folder, 'ways-out', names[0]!), 'utf8')
    expect(parse(text)).toHaveLength(1)
    expect(text).toContain('date: "2026-11-28"')
  })

  it('write a list without entries where nothing is official', async () => {
    const path = join(folder, 'none.yaml')
    await write(
      only(document, ({bench}) => bench === 'hops'),
      'hf-eval-results',
      path,
    )
    expect(parse(readFileSync(path, 'utf8'))).toEqual([])
  })

  it('name models and their results in one index, whatever the names hold', async () => {
    const path = join(folder, 'index.yaml')
    await write(document, 'model-index', path)
    const {'model-index': models} = parse(readFileSync(path, 'utf8'))
    expect(models.map(({name}: {name: string}) => name).sort()).toEqual(['Qwen "7B": 100% - x', 'owner/lantern-3b'])
    for (const {results} of models)
      for (const {task, dataset, metrics} of results) {
        expect(task.type).toBe('visual-question-answering')
        expect(dataset).toMatchObject({type: 'craigwu/vstar_bench', name: 'V*', split: 'test'})
        expect(metrics[0]).toMatchObject({
          type: 'accuracy',
          value: expect.any(Number),
          args: {extractor: 'lantern-eval'},
        })
      }
  })

  it.each([
    ['micro', 'accuracy'],
    ['group', 'group accuracy'],
    [{mean: [{mean: ['a', 'b']}, 'c']}, 'mean(mean(a, b), c) accuracy'],
  ] as const)('say what the score is where it is no plain mean: %j', async (aggregate, name) => {
    const path = join(folder, 'aggregate.yaml')
    const rows = document.rows.map(row => ({...row, aggregate})) as ResultDocument['rows']
    await write({...document, rows}, 'model-index', path)
    const {'model-index': models} = parse(readFileSync(path, 'utf8'))
    for (const {results} of models) for (const {metrics} of results) expect(metrics[0].name).toMatch(`${name} in %, `)
    expect(models[0].results[0].metrics[0].name.startsWith(name)).toBe(true)
  })
})

describe('parquet', () => {
  const path = join(folder, 'records.parquet')
  beforeAll(() => write(document, 'parquet', path))

  it('has every record that counts, once, with its texts and lists as they were', async () => {
    const bytes = readFileSync(path)
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
    const rows = await parquetReadObjects({file})
    expect(rows).toHaveLength(20 + 20 + 5 + 4)
    const failed = rows.find(row => row['outcome'] === 'error')!
    expect(failed).toMatchObject({score: null, error_code: 'endpoint', bench: 'vstar'})
    expect(rows.find(row => row['id'] === 'Counting_1')).toMatchObject({outcome: 'wrong', sample: 'unverified'})
    const row = rows.find(({id, arm}) => id === 'direct_attributes_3' && arm === own.id)!
    expect(row).toMatchObject({
      ...{text: hostile, options: ['red', 'blue'], gold: ['A'], repeat: 0n, latent_size: 2n, text_tokens: 9},
      ...{metrics: '{"iou":0.5}', sample: 'official', mode: 'latent', run: join(folder, 'run'), cached: false},
    })
  })

  const python = process.env['PYTHON'] ?? 'python3'
  const guide = readFileSync(new URL('../../../guide/publishing.md', import.meta.url), 'utf8')
  const snippets = [...guide.matchAll(/```python\n([\s\S]*?)```/g)].map(([, code]) => code!)
  const names = ['pandas', 'polars'] as const
  const has = (name: string) => {
    const needed = name === 'pandas' ? 'pandas, pyarrow' : name
    return spawnSync(python, ['-c', `import ${needed}`], {timeout: 120_000}).status === 0
  }

  it.each(names)(
    'is read by the snippet of the guide for %s',
    name => {
      if (!has(name)) return console.log(`skipped: ${python} has no ${name} (PYTHON names another Python)`)
      const code = snippets.find(one => one.includes(`import ${name}`))!
      const cwd = join(folder, name)
      mkdirSync(cwd)
      writeFileSync(join(cwd, 'records.parquet'), readFileSync(path))
      const {status, stdout, stderr} = spawnSync(python, ['-c', code], {cwd, encoding: 'utf8', timeout: 240_000})
      expect({status, stderr}).toEqual({status: 0, stderr: ''})
      expect(stdout).toContain('vstar')
      expect(stdout).toContain(
        name === 'pandas' ? "('vstar', 'direct_attributes_6'), ('vstar', 'direct_attributes_8')" : 'relative_position',
      )
    },
    300_000,
  )
})

it('leaves no draft and no file behind where a run is gone', async () => {
  const gone = await tableOf('gone')
  rmSync(join(folder, 'gone'), {recursive: true})
  for (const format of ['parquet', 'nel', 'eee', 'hf-eval-results', 'model-index']) {
    const place = join(folder, `gone-${format}`)
    mkdirSync(place)
    await expect(write(gone, format, join(place, 'out'))).rejects.toMatchObject({code: 'bad-file'})
    expect(readdirSync(place)).toEqual([])
  }
})

it('are found by name beside the formats with text', () => {
  for (const name of ['eee', 'nel', 'parquet', 'hf-eval-results', 'model-index'])
    expect(outputNamed(name)).toMatchObject({name, write: expect.any(Function)})
})
