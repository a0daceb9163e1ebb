// Benchmarks of a user's own, from the command line: guide/your-own-benchmark.md is true, word for word, and every
// command takes such a benchmark, wherever its files are moved.
import {copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Ajv2020} from 'ajv/dist/2020.js'
import {parse} from 'yaml'
import {readLock, settledRecords} from '../src/run-folder/reader.js'
import {cli, type Ended, root} from './support/cli.js'
import {writeParquet} from './support/parquet.js'

const guide = await readFile(join(root, 'guide/your-own-benchmark.md'), 'utf8')
/** Fenced blocks by the name behind their language. */
const blocks = new Map(
  Array.from(guide.matchAll(/^```(\w+) (\S+)\n(.*?)^```$/gms), ([, language, name, text]) => [
    `${language} ${name}`,
    text!,
  ]),
)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'own-benchmarks-'))
  for (const [name, text] of blocks)
    if (!name.startsWith('sh ')) await writeFile(join(folder, name.split(' ')[1]!), text)
  await mkdir(join(folder, 'pictures'))
  await mkdir(join(folder, 'data'))
  const picture = join(root, 'fixtures/pictures/hops-chain.png')
  for (const place of ['bus.png', 'pictures/bus.png']) await copyFile(picture, join(folder, place))
  const bytes = await readFile(picture)
  writeParquet(join(folder, 'data/test-00000.parquet'), [
    {name: 'first_view', type: 'picture', data: [1, 2, 3].map(() => ({bytes, path: null}))},
    {name: 'ask', type: 'text', data: ['Which?', 'What?', 'Where?']},
    {
      name: 'possible',
      type: 'texts',
      data: [
        ['a', 'b'],
        ['c', 'd', 'e'],
        ['f', 'g'],
      ],
    },
    {name: 'right', type: 'number', data: [0, 2, 1]},
  ])
})
afterAll(() => rm(folder, {recursive: true}))

const here = (args: readonly string[]) =>
  cli(args, {cwd: folder, env: {LANTERN_EVAL_CACHE_DIR: join(folder, 'cache'), HF_HOME: join(folder, 'hub')}})

async function done(...args: string[]): Promise<Ended> {
  const ended = await here(args)
  expect({args, code: ended.code, stderr: ended.stderr}).toMatchObject({code: 0})
  return ended
}

/** Runs the commands of a block as a reader would copy them. */
async function follow(name: string): Promise<readonly Ended[]> {
  const ended: Ended[] = []
  for (const line of blocks.get(`sh ${name}`)!.trim().split('\n')) ended.push(await done(...line.split(' ').slice(1)))
  return ended
}

const summaryOf = async (run: string) => JSON.parse(await readFile(join(folder, run, 'summary.json'), 'utf8'))
const goldsOf = async (run: string) => (await settledRecords(join(folder, run))).map(({id, gold}) => [id, gold]).sort()

describe('the guide', () => {
  test('runs data alone, and says what it took', async () => {
    const [ran] = await follow('first')
    expect(ran!.stderr).toContain('mybench: took id; question; image; options; answer (items.jsonl).')
    expect((await summaryOf('first-run')).rows[0]).toMatchObject({bench: 'mybench', sample: 'custom', total: 3})
    expect(await goldsOf('first-run')).toEqual([
      ['1', 'B'],
      ['2', 'B'],
      ['3', ['4', 'four']],
    ])
  })

  test('writes a definition, shows how it is asked, and runs it as the same benchmark', async () => {
    const [made, verified, , shown] = await follow('init')
    expect(made!.stdout).toContain(
      'Is there a cat?\n(A) yes\n(B) no\nAnswer directly, without reasoning.\nEnd with the letter of your answer: <answer>LETTER</answer>\n--- right: B',
    )
    expect(verified!.stdout).toContain('Nothing is wrong.')
    expect(shown!.stdout).toContain('mybench test, own data')
    const [first, second] = await Promise.all(['first-run', 'my-run'].map(run => readLock(join(folder, run))))
    const {dataSha256, definition} = first!.benchmarks[0]!
    expect(second!.benchmarks[0]).toMatchObject({dataSha256, definition})
    const again = await here(['bench', 'init', 'items.jsonl', '--out', 'mybench.yaml'])
    expect(again).toMatchObject({code: 2, stderr: expect.stringContaining('mybench.yaml is there already')})
    await done('bench', 'init', 'items.jsonl', '--out', 'mybench.yaml', '--force')
  })

  test('reads a TSV with its pictures in a folder', async () => {
    const [shown, verified] = await follow('table')
    expect(shown!.stdout).toMatch(/my-table colour 0[\s\S]*\(B\) blue\n\nanswer {3}B\npicture {2}bus.png/)
    expect(verified!.stdout).toMatch(/all +2 +2\n/)
    expect((await summaryOf('table-run')).rows[0]).toMatchObject({bench: 'my-table', aggregate: 'macro', total: 2})
  })

  test('reads parquet as the hub has it', async () => {
    const [verified] = await follow('hub')
    expect(verified!.stdout).toContain('layout parquet')
    expect((await summaryOf('hub-run')).rows[0]).toMatchObject({sample: 'custom', n: 2})
  })

  test('has definitions that fit the published schema', async () => {
    const schema = JSON.parse(await readFile(join(root, 'schemas/benchmark.schema.json'), 'utf8'))
    const validate = new Ajv2020({allErrors: true}).compile(schema)
    for (const [name, text] of blocks) {
      if (!name.startsWith('yaml ')) continue
      validate(parse(text))
      expect([name, validate.errors]).toEqual([name, null])
    }
    expect(validate({id: 'm', data: 'i.jsonl', fields: {anwser: 'a'}})).toBe(false)
  })
})

describe('every command takes a benchmark of one’s own', () => {
  test('saved answers are replayed and imported by its id, and the rows compare', async () => {
    const answers = ['B', 'B', 'four'].map((text, index) => `${JSON.stringify({id: String(index + 1), text})}\n`)
    await writeFile(join(folder, 'answers.jsonl'), answers)
    await done('run', '--bench', 'mybench=items.jsonl', '--model', 'replay:answers.jsonl', '--out', 'replayed')
    expect((await summaryOf('replayed')).rows[0]).toMatchObject({score: 1, n: 3, metric: 'accuracy'})
    await done('import', 'answers.jsonl', '--bench', 'mybench.yaml', '--model', 'other', '--out', 'imported')
    expect((await summaryOf('imported')).rows[0]).toMatchObject({bench: 'mybench', score: 1, n: 3, sample: 'custom'})
    const compared = await here(['compare', 'first-run', 'replayed', '--json'])
    expect(JSON.parse(compared.stdout).pairs[0]).toMatchObject({bench: 'mybench', n: 3})
  })

  test('lists, shards and the configuration file', async () => {
    await writeFile(
      join(folder, 'own.config.yaml'),
      'data: [mybench=items.jsonl]\nbench: [./mybench.yaml, "my-table=table.yaml:shape"]\n',
    )
    for (const shard of ['1/2', '2/2'])
      await done(
        'run',
        '--config',
        'own.config.yaml',
        '--model',
        'builtin:nano-direct',
        '--mode',
        'direct',
        '--shard',
        shard,
        '--out',
        `shard-${shard[0]}`,
      )
    await done('merge', 'shard-1', 'shard-2', '--out', 'merged')
    const {rows} = await summaryOf('merged').catch(async () =>
      JSON.parse((await done('leaderboard', 'merged', '--json')).stdout),
    )
    expect(rows.map(({bench, total}: {bench: string; total: number}) => [bench, total])).toEqual([
      ['mybench', 3],
      ['my-table', 1],
    ])
  })

  test('list and pull know it', async () => {
    const {benchmarks} = JSON.parse((await done('bench', 'list', '--bench', './mybench.yaml', '--json')).stdout)
    expect(benchmarks.at(-1)).toMatchObject({id: 'mybench', data: {own: folder}})
    expect(await here(['bench', 'pull', 'mybench.yaml'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('mybench'),
    })
    await writeFile(join(folder, 'far.yaml'), 'id: far\ndata: no.jsonl\nsource: {repo: a/b, revision: abc}\n')
    expect(await here(['run', '--bench', './far.yaml', '--model', 'replay:answers.jsonl'])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('far.yaml'),
    })
  })

  test('an id that is taken, a name that is none, data without a name', async () => {
    const code2 = (said: string) => ({code: 2, stderr: expect.stringContaining(said)})
    await writeFile(join(folder, 'taken.yaml'), 'id: hops\ndata: items.jsonl\n')
    expect(await here(['bench', 'verify', 'taken.yaml'])).toMatchObject(
      code2('taken.yaml:1:1: there is a benchmark "hops" already.'),
    )
    expect(await here(['run', '--bench', 'hops=items.jsonl'])).toMatchObject(
      code2('there is a benchmark "hops" already'),
    )
    expect(await here(['run', '--bench', 'items.jsonl'])).toMatchObject(code2('items.jsonl is not a definition file'))
    expect(await here(['run', '--bench', 'My Bench=items.jsonl'])).toMatchObject(
      code2('"My Bench" is no id of a benchmark'),
    )
    expect(await here(['run', '--bench', './none.yaml'])).toMatchObject(
      code2('The definition ./none.yaml cannot be read'),
    )
  })
})

describe('a run outlives its files', () => {
  const rescored = (out: string, ...args: string[]) => here(['rescore', 'replayed', '--out', out, ...args])

  test('it is scored again without them', async () => {
    await rename(join(folder, 'items.jsonl'), join(folder, 'elsewhere.jsonl'))
    await done('leaderboard', 'replayed')
    expect(await rescored('again', '--extractor', 'blink_official')).toMatchObject({code: 0})
    expect((await readLock(join(folder, 'again'))).benchmarks[0]).toMatchObject({kind: 'custom', metric: 'accuracy'})
    expect((await summaryOf('again')).rows[0]).toMatchObject({n: 3})
  })

  test('what needs the questions says where they were, and takes the moved file', async () => {
    expect(await rescored('asked', '--data', 'elsewhere.jsonl')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('The definition of mybench is no longer where it was'),
    })
    // The definition of this one is where it was.
    await done('rescore', 'my-run', '--out', 'mine-again', '--data', 'elsewhere.jsonl')
    const moved = await rescored('asked', '--data', 'elsewhere.jsonl', '--bench', 'mybench=elsewhere.jsonl')
    expect({code: moved.code, stderr: moved.stderr}).toMatchObject({code: 0})
  })

  test('it is resumed where the data are the same, and what changed is told where they are not', async () => {
    const run = (data: string) =>
      here(['run', '--bench', `mybench=${data}`, '--model', 'replay:answers.jsonl', '--out', 'replayed'])
    expect(await run('elsewhere.jsonl')).toMatchObject({code: 0})
    const text = await readFile(join(folder, 'elsewhere.jsonl'), 'utf8')
    await writeFile(join(folder, 'changed.jsonl'), text.replace('Which colour', 'What colour'))
    expect(await run('changed.jsonl')).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('different: data of mybench'),
    })
  })
})
