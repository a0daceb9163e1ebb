import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {captureOutput} from '@oclif/test'
import Extract from '../src/commands/extract.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const run = (...argv: string[]) => captureOutput(async () => Extract.run(argv, root))

describe('extract', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lantern-extract-'))
  })
  afterAll(async () => {
    process.exitCode = undefined
    await rm(folder, {recursive: true})
  })
  const file = async (...lines: unknown[]) => {
    const path = join(folder, 'responses.jsonl')
    await writeFile(path, lines.map(line => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''))
    return path
  }

  it('prints exactly the five keys of the contract', async () => {
    const {stdout} = await run('--extractor', 'blink_official', '--text', 'It is (B)', '--json')
    expect(JSON.parse(stdout)).toEqual({
      extractor: 'blink_official',
      answer: 'B',
      raw: '(B)',
      rule: 'last-paragraph',
      span: [6, 9],
    })
  })

  it('accepts option texts with commas, and letters', async () => {
    const {stdout} = await run(
      '--text',
      'green, or blue',
      '--option',
      'red',
      '--option',
      'green, or blue',
      '--letters',
      'XY',
      '--json',
    )
    expect(JSON.parse(stdout)).toMatchObject({answer: 'Y', raw: 'Y'})
  })

  it('reads many lines, each with its own options or those of the command line', async () => {
    const path = await file(
      {id: 7, text: 'C'},
      {id: 'b', text: 'dog', options: ['cat', 'dog']},
      {id: 'c', text: 'C', letters: 'ABC'},
    )
    const {stdout} = await run('--input', path, '--letters', 'AB', '--json')
    const {results} = JSON.parse(stdout) as {results: {id: unknown; answer: unknown}[]}
    expect(results.map(({id, answer}) => [id, answer])).toEqual([
      [7, null],
      ['b', 'B'],
      ['c', 'C'],
    ])
  })

  it('names the file and line of a line that is not a response', async () => {
    const path = await file({id: 1, text: 'C'}, {id: 2})
    const {stdout} = await run('--input', path, '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      error: {code: 'bad-file', message: expect.stringContaining('responses.jsonl:2')},
      exitCode: 2,
    })
  })
})
