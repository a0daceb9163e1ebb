import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {readConfig} from './config-file.js'
import {configSchema} from './config-schema.js'
import {runFlags} from './run-flags.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-'))
})
afterEach(() => rm(folder, {recursive: true, force: true}))

async function config(text: string) {
  const path = join(folder, 'c.yaml')
  await writeFile(path, text)
  return readConfig(path)
}

test('settings are read under the names of the flags', async () => {
  expect(await config('bench: [blink, vstar]\nmodel: openai:m\nlimit: 20\ntemperature: 0.5\nno-cache: true\n')).toEqual(
    {
      bench: ['blink', 'vstar'],
      model: 'openai:m',
      limit: 20,
      temperature: 0.5,
      'no-cache': true,
    },
  )
})

test('an empty file sets nothing', async () => {
  expect(await config('# nothing yet\n')).toEqual({})
})

test.each([
  ['an unknown setting', 'bench: blink\nmodle: x\n', /c\.yaml:2:1: "modle" is not a setting/],
  ['a value of another type', 'bench: blink\n\nlimit: many\n', /c\.yaml:3:1: "limit": /],
  ['a value out of bounds', 'max-error-rate: 2\n', /c\.yaml:1:1: "max-error-rate": /],
  [
    'one of several choices that does not exist',
    'mode: [direct, loud]\n',
    /c\.yaml:1:1: "mode": expected one of direct, text-cot, latent, or/,
  ],
  ['an unknown extractor', 'bench: blink\nextractor: x\n', /c\.yaml:2:1: "extractor": /],
  ['a choice that does not exist', 'bench: blink\nprecision: fp8\n', /c\.yaml:2:1: "precision": /],
  ['text that is not YAML', 'bench: [blink\nmodel: x\n', /c\.yaml:\d+:\d+: not valid YAML: [^:]+[^:.]\.$/],
  ['a list where settings should be', '- blink\n', /c\.yaml:1:1: /],
])('%s is refused with its line', async (_, text, message) => {
  await expect(config(text)).rejects.toMatchObject({code: 'bad-config', message: expect.stringMatching(message)})
})

test('a file that was named must be there', async () => {
  await expect(readConfig(join(folder, 'absent.yaml'))).rejects.toMatchObject({code: 'bad-config', exitCode: 2})
})

test('every setting is a flag, and every flag of `run` but those of one occasion is a setting', () => {
  const settings = Object.keys(configSchema.shape).filter(name => !['$schema', 'log-level', 'yes'].includes(name))
  const occasional = ['sample', 'dry-run']
  expect(settings.sort()).toEqual(
    Object.keys(runFlags)
      .filter(name => !occasional.includes(name))
      .sort(),
  )
})
