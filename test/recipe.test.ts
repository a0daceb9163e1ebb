// `recipe list` and `recipe show`: what they print is what `--recipe` takes.
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {cli, root} from './support/cli.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recipe-'))
})
afterAll(() => rm(folder, {recursive: true}))

test('list names every recipe with its benchmarks, in both forms', async () => {
  const {recipes} = JSON.parse((await cli(['recipe', 'list', '--json'])).stdout)
  expect(recipes).toContainEqual({
    name: 'viscot-official',
    title: "VisCoT's official evaluation, asked directly or, with --mode crop, by box and crop",
    source: expect.stringMatching(/^deepcs233\/Visual-CoT: .* @ 83212ae/),
    benchmarks: ['viscot'],
  })
  const {stdout} = await cli(['recipe', 'list'])
  for (const {name} of recipes) expect(stdout).toContain(`${name} `)
})

test('show prints a file that sets the same', async () => {
  const {stdout} = await cli(['recipe', 'show', 'lantern'])
  const file = join(folder, 'copy.yaml')
  await writeFile(file, stdout)
  const [shipped, copy] = await Promise.all([
    cli(['recipe', 'show', 'lantern', '--json']),
    cli(['recipe', 'show', file, '--json']),
  ])
  expect(JSON.parse(copy.stdout)).toEqual(JSON.parse(shipped.stdout))
  expect(JSON.parse(copy.stdout)).toMatchObject({
    name: 'lantern',
    settings: {'prompt-style': 'lantern', 'max-new-tokens': 512},
  })
})

test('show prints what is sent, and which figures it aims at with their source', async () => {
  const {stdout} = await cli(['recipe', 'show', 'mull-7b'])
  expect(stdout).toContain('#       - |-\n#         {prompt}\n#         Please think about this question deeply.')
  expect(stdout).toContain('# sent:\n#   - bench: blink\n#     system: null\n#     user:\n#       - "[picture]"\n')
  expect(stdout).toContain('#     deleted:\n#       - |\n#         <|im_end|>\n#     appended: |\n#       <think>')
  expect(stdout).toMatch(/figures:\n {2}- of: BLINK.*\n {4}percent: 63.71\n {4}source: .*\n {4}secondHand: true/)
  const colt = JSON.parse((await cli(['recipe', 'show', 'colt-8b', '--json'])).stdout)
  expect(colt.sent).toMatchObject([
    {bench: 'vstar', system: expect.stringMatching(/^Please .*\n$/s), appended: '[4 latents]'},
  ])
  expect((await cli(['recipe', 'show', 'hylar-7b'])).stdout).toContain(
    'No published figure of this checkpoint was found',
  )
  expect((await cli(['recipe', 'show', 'viscot-official'])).stdout).toContain('question: open')
})

test('show takes the id of a checkpoint, and a folder with one', async () => {
  const named = async (ref: string) => JSON.parse((await cli(['recipe', 'show', ref, '--json'])).stdout)
  expect((await named('wybb/laser-7b')).name).toBe('laser-7b')
  expect((await named(join(root, 'fixtures/goldens-2/checkpoints/qwen3vl-fp32'))).name).toBe('swimbird-8b')
  const unknown = await named(join(root, 'fixtures/goldens'))
  expect(unknown.error).toMatchObject({code: 'bad-checkpoint'})
})

test('show prints what was published beside the settings', async () => {
  const {stdout} = await cli(['recipe', 'show', 'viscot-official'])
  expect(stdout).toMatch(/\nalso:\n {2}mode:\n {4}- crop\n/)
})

test('show refuses a name that there is not and a value that does not fit, before a run', async () => {
  const absent = await cli(['recipe', 'show', 'lanterm', '--json'])
  expect([absent.code, JSON.parse(absent.stdout).error.suggestion]).toEqual([2, expect.stringContaining('lantern')])
  const file = join(folder, 'wrong.yaml')
  await writeFile(
    file,
    'name: w\ntitle: W\nsource: "a/b: c @ d"\nbenchmarks: {blink: {}}\nsettings:\n  max-pixels: 3\n',
  )
  const wrong = await cli(['recipe', 'show', file])
  expect(wrong.code).toBe(2)
  expect(wrong.stderr).toContain('wrong.yaml:6:3: "max-pixels": 3 is not a whole number (784 or more)')
})
