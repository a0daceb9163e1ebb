// Where `--format` may write, asked before a run begins.
import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {parseFormats} from './formats.js'

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-formats-'))
const [file, made] = [join(folder, 'file.csv'), join(folder, 'made')]
beforeAll(() => {
  writeFileSync(file, '')
  mkdirSync(made)
  symlinkSync(made, join(folder, 'link'))
})
afterAll(() => rmSync(folder, {recursive: true}))

const refusal = (...values: string[]) => {
  try {
    return parseFormats(values, {})
  } catch (error) {
    return error
  }
}

test('an existing file is replaced, and what is absent is made', () => {
  const values = [`csv=${file}`, `latex=${join(folder, 'new', 'below', 't.tex')}`, `svg=${join(folder, 'new')}`]
  expect(parseFormats(values, {})).toHaveLength(3)
})

test.each([
  ['a format that is none', [`latx=${file}`], 'usage', /"latx" is not a format/],
  ['a format without a path', ['latex'], 'usage', /has no path/],
  ['a folder where a file is written', [`latex=${made}`], 'usage', /writes a file, and .*made is a folder/],
  ['a file where a folder is written', [`svg=${file}`], 'usage', /writes a folder, and .*file\.csv is a file/],
  ['a device where a folder is written', ['eee=/dev/null'], 'usage', /writes a folder, and \/dev\/null is none/],
  ['a place below a file', [`latex=${join(file, 'x.tex')}`], 'disk', /file\.csv is not a folder/],
  [
    'two formats in one file',
    [`latex=${join(made, 'x')}`, `csv=${join(folder, 'link', 'x')}`],
    'usage',
    /latex is written there too/,
  ],
])('%s is refused', (_, values, code, message) => {
  const error = refusal(...values)
  expect(error).toMatchObject({code, message: expect.stringMatching(message), suggestion: expect.stringMatching(/\w/)})
})

test('folders and devices take several outputs, and what is appended replaces nothing', () => {
  const several = [`svg=${made}`, `png=${made}`, 'csv=/dev/null', 'json=/dev/null', `csv=${file}`, `github=${file}`]
  expect(parseFormats(several, {})).toHaveLength(6)
})
