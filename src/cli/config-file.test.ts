import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {openConfig} from './config-file.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-'))
})
afterEach(() => rm(folder, {recursive: true, force: true}))

async function config(text: string) {
  const path = join(folder, 'c.yaml')
  await writeFile(path, text)
  return Object.fromEntries(await (await openConfig(path)).values())
}

test('settings are read under the names of the flags', async () => {
  expect(await config('bench: [blink, vstar]\nmodel: openai:m\nlimit: 20\ntemperature: 0.5\nno-cache: true\n')).toEqual(
    {
      bench: ['blink', 'vstar'],
      model: ['openai:m'],
      limit: 20,
      temperature: 0.5,
      cache: false,
    },
  )
})

test('an empty file sets nothing', async () => {
  expect(await config('# nothing yet\n')).toEqual({})
})

test.each([
  ['an unknown setting', 'bench: blink\nmodle: x\n', /c\.yaml:2:1: "modle" is not a setting/],
  ['a value of another type', 'bench: blink\n\nlimit: many\n', /c\.yaml:3:1: "limit": /],
  ['a number in quotes', 'limit: "20"\n', /c\.yaml:1:1: "limit": text in quotes, .* is not a whole number/],
  ['a number in quotes that is out of bounds', 'limit: "0"\n', /c\.yaml:1:1: "limit": 0 is not a whole number/],
  ['a value out of bounds', 'max-error-rate: 2\n', /c\.yaml:1:1: "max-error-rate": /],
  [
    'one of several choices that does not exist',
    'mode: [direct, loud]\n',
    /c\.yaml:1:1: "mode": loud is not one of direct, text-cot, latent/,
  ],
  ['an unknown extractor', 'bench: blink\nextractor: x\n', /c\.yaml:2:1: "extractor": /],
  ['a choice that does not exist', 'bench: blink\nprecision: fp8\n', /c\.yaml:2:1: "precision": /],
  ['text that is not YAML', 'bench: [blink\nmodel: x\n', /c\.yaml:\d+:\d+: not valid YAML: [^:]+[^:.]\.$/],
  ['a list where settings should be', '- blink\n', /c\.yaml:1:1: /],
])('%s is refused with its line', async (_, text, message) => {
  await expect(config(text)).rejects.toMatchObject({code: 'bad-config', message: expect.stringMatching(message)})
})

test('a named file must exist', async () => {
  await expect(openConfig(join(folder, 'absent.yaml'))).rejects.toMatchObject({code: 'bad-config', exitCode: 2})
})

test('the nearest name is suggested for a misspelt setting or name', async () => {
  await expect(config('modle: x\n')).rejects.toMatchObject({suggestion: expect.stringContaining('mean "model"?')})
  await expect(config('bench: bilnk\n')).rejects.toMatchObject({
    message: expect.stringContaining('there is no benchmark "bilnk"'),
    suggestion: expect.stringContaining('Did you mean blink?'),
  })
})

test('a switch and its opposite cannot both be given', async () => {
  await expect(config('cache: true\nno-cache: true\n')).rejects.toMatchObject({
    message: expect.stringContaining('c.yaml:2:1: "no-cache" contradicts'),
  })
})

test('the example is a valid configuration', async () => {
  const example = fileURLToPath(new URL('../../examples/lantern-eval.config.yaml', import.meta.url))
  expect(Object.fromEntries(await (await openConfig(example)).values())).toMatchObject({
    temperature: 0.5,
    price: {input: 0.2, output: 0.6},
    'extra-body': {chat_template_kwargs: {enable_thinking: false}},
  })
})
