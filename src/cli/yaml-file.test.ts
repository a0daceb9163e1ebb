import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {limits} from '../core/limits.js'
import {parseYaml} from '../core/yaml-file.js'
import {openConfig} from './config-file.js'
import {openRecipe} from './recipes.js'

const refused = (message: RegExp) => ({code: 'bad-config', message: expect.stringMatching(message)})

test.each([
  ['a text longer than its bound', '#'.repeat(limits.yamlChars + 1), /has 65537 characters; at most 65536 are read/],
  ['lists in lists', `a: ${'['.repeat(30_000)}`, /^x is nested more than 50 levels deep\.$/],
  ['block lists in block lists', '- '.repeat(30_000), /nested more than 50/],
  ['keys in keys', '? '.repeat(30_000), /nested more than 50/],
  [
    'a block below a block',
    Array.from({length: 300}, (_, k) => `${' '.repeat(k)}a:`).join('\n'),
    /nested more than 50/,
  ],
  ['aliases that grow without end', `a: &a [1]\nb: [${'*a,'.repeat(15_000)}]`, /not usable: Excessive alias count/],
  ['a tag of 60,000 signs, of which a part is shown', '!'.repeat(60_000), /^x:1:1: not valid YAML: .{200}\.$/],
])('%s is refused', async (_name, text, message) => {
  await expect(parseYaml('x', text)).rejects.toMatchObject(refused(message))
})

describe('a file', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yaml-'))
  })
  afterEach(() => rm(folder, {recursive: true}))

  test('that is a wide JSON object is refused by its first key', async () => {
    const wide = Object.fromEntries(Array.from({length: 6000}, (_, k) => [`k${k}`, 1]))
    const file = join(folder, 'wide.json')
    await writeFile(file, JSON.stringify(wide))
    const config = await openConfig(file)
    await expect(config.values()).rejects.toMatchObject(refused(/wide\.json:1:2: "k0" is not a setting/))
    await expect(openRecipe(file)).rejects.toMatchObject({code: 'bad-config'})
  })

  test('that never ends is not read to its end', async () => {
    await expect(openConfig('/dev/zero')).rejects.toMatchObject(refused(/\/dev\/zero cannot be read: it has more than/))
    await expect(openRecipe('/dev/zero')).rejects.toMatchObject(refused(/\/dev\/zero cannot be read: it has more than/))
  })
})
