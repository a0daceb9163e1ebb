// The published JSON Schemas are valid, and what a run writes conforms to them.
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Ajv2020} from 'ajv/dist/2020.js'
import {parse} from 'yaml'
import {cli, root} from './support/cli.js'

const folder = join(root, 'schemas')

async function compiled(name: string) {
  return new Ajv2020({allErrors: true}).compile(JSON.parse(await readFile(join(folder, `${name}.schema.json`), 'utf8')))
}

test('every published schema is valid', async () => {
  const names = (await readdir(folder)).map(file => file.replace('.schema.json', ''))
  expect(names.sort()).toEqual([
    'benchmark',
    'config',
    'diagnosis',
    'latent-context',
    'lock',
    'recipe',
    'record',
    'result',
    'sensitivity',
    'sweep-status',
  ])
  for (const name of names) expect(await compiled(name)).toBeInstanceOf(Function)
})

test('what a run writes conforms to them', async () => {
  const out = await mkdtemp(join(tmpdir(), 'schemas-'))
  try {
    const run = join(out, 'run')
    const answers = join(out, 'answers.jsonl')
    await writeFile(answers, '{"id": "val_Counting_1", "text": "(A)"}\n{"id": "val_Counting_2", "error": "timeout"}\n')
    const args = [
      'run',
      '--bench',
      'blink',
      '--model',
      `replay:${answers}`,
      '--sample',
      'val_Counting_1,val_Counting_2',
      '--out',
      run,
    ]
    await cli([...args, '--max-error-rate', '1'])
    const read = (name: string) => readFile(join(run, name), 'utf8')
    const fits = async (name: string, value: unknown) => {
      const validate = await compiled(name)
      validate(value)
      expect(validate.errors).toBeNull()
    }
    await fits('lock', JSON.parse(await read('lock.json')))
    await fits('result', JSON.parse(await read('summary.json')))
    const lines = (await read('log.jsonl')).trim().split('\n')
    expect(lines).toHaveLength(2)
    for (const line of lines) await fits('record', JSON.parse(line))
    const varied = join(out, 'varied')
    const flags = ['--max-error-rate', '1', '--vary', 'extractor=lvr', '--out', varied]
    await cli([...args.slice(0, -2), ...flags])
    await fits('sensitivity', JSON.parse(await readFile(join(varied, 'sensitivity.json'), 'utf8')))
  } finally {
    await rm(out, {recursive: true, force: true})
  }
})

test('the schema of the configuration accepts settings and refuses a typo', async () => {
  const validate = await compiled('config')
  expect(validate(parse('bench: [blink, vstar]\nmodel: openai:m\nlimit: 100\nno-cache: true\n'))).toBe(true)
  expect(validate(parse('modle: openai:m\n'))).toBe(false)
})
