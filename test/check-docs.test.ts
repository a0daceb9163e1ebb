// The lint of documents and comments (scripts/check-docs.mjs), as a process, on a small repository with known faults.
import {execFileSync, spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join, resolve} from 'node:path'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lantern-eval-docs-'))
  execFileSync('git', ['init', '--quiet'], {cwd: folder})
  write('package.json', JSON.stringify({dependencies: {used: '1.2.3'}, devDependencies: {}}))
  write('design/dependencies.json', JSON.stringify({reasons: {used: {for: 'x', why: 'y'}}, left: {}}))
  write('design/note.md', '# Note\n\n## The rule\n\n### 2.1 Counts\n\nText.\n')
})
afterEach(() => rmSync(folder, {recursive: true}))

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), {recursive: true})
  writeFileSync(join(folder, path), text)
}

function check(): {status: number | null; lines: string[]} {
  const {status, stderr} = spawnSync(process.execPath, [resolve('scripts/check-docs.mjs')], {
    cwd: folder,
    encoding: 'utf8',
  })
  return {status, lines: stderr.trim().split('\n').slice(0, -1)}
}

const marks = '/' + '/'

it('passes where every cited file and heading is there', () => {
  write(
    'src/one.ts',
    `${marks} The rule is in design/note.md, "The rule"; counts in note.md 2.1; see\n${marks} ../src/one.ts.\n`,
  )
  write('README.md', 'See `src/one.ts`, and `owner/name: src/not-ours.ts` of others.\n\n```\nmissing.md\n```\n')
  expect(check()).toEqual({status: 0, lines: []})
})

it.each([
  ['a file that is not there', 'see gone.md', 'there is no gone.md'],
  ['a path that is not there', 'see src/gone.ts', 'there is no src/gone.ts'],
  ['a heading that is not there', 'see note.md, "Another"', 'note.md has no heading "Another"'],
  ['a section that is not there', 'see design/note.md 2.2', 'design/note.md has no section 2.2'],
  ['a line that is too wide', 'word '.repeat(30).trim(), '152 columns, not 120'],
])('finds %s in a comment', (_, comment, message) => {
  write('src/one.ts', `const one = 1\n${marks} ${comment}\n`)
  const {status, lines} = check()
  expect(status).toBe(1)
  expect(lines).toEqual([`src/one.ts:2: ${message}`])
})

it('finds a citation that wraps over two lines', () => {
  write('src/one.ts', `/**\n * The rule (design/note.md,\n * "Gone").\n */\n`)
  expect(check().lines).toEqual(['src/one.ts:2: design/note.md has no heading "Gone"'])
})

it('finds a name that the cited file does not contain', () => {
  write('src/one.ts', 'export const present = 1\n')
  write('README.md', 'First `present` and `gone` (`src/one.ts`) run.\n')
  expect(check().lines).toEqual(['README.md:1: src/one.ts holds no "gone"'])
})

it('reads docstrings, and no other strings, of Python', () => {
  write('training/one.py', '"""See gone.md.\n"""\ntext = """\nfake.md\n"""\n')
  expect(check().lines).toEqual(['training/one.py:1: there is no gone.md'])
})

it('requires a reason for every dependency, and an exact version', () => {
  write('package.json', JSON.stringify({dependencies: {used: '^1.2.3', other: '1.0.0'}, devDependencies: {}}))
  expect(check().lines).toEqual([
    'package.json:1: other has no reason in design/dependencies.json ("for" and "why")',
    'package.json:1: used is not pinned to one version: ^1.2.3',
  ])
})
