// `recipe list` and `recipe show`: what they print is what `--recipe` takes.
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {cli} from './support/cli.js'

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
