// bin/dev.js runs the sources: in a copy of the repository with changed sources and a stale build beside them, the
// change is what is seen.
import {execFile} from 'node:child_process'
import {cp, mkdtemp, readFile, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {root} from './support/cli.js'

let copy: string
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'dev-'))
  for (const part of ['src', 'dist', 'bin', 'package.json', 'oclif.manifest.json', 'tsconfig.json'])
    await cp(join(root, part), join(copy, part), {recursive: true})
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
})
afterAll(() => rm(copy, {recursive: true}))

async function change(path: string, from: string, to: string): Promise<void> {
  const text = await readFile(join(copy, path), 'utf8')
  expect(text).toContain(from)
  await writeFile(join(copy, path), text.replace(from, to))
}

/** What is printed, whatever the exit code. */
async function dev(...args: string[]): Promise<string> {
  const started = promisify(execFile)(process.execPath, ['--import', 'tsx', join(copy, 'bin/dev.js'), ...args], {
    cwd: copy,
    env: {...process.env, NO_COLOR: '1'},
  })
  const {stdout, stderr} = await started.catch((error: {stdout: string; stderr: string}) => error)
  return stdout + stderr
}

test('a changed command, summary, help page, hook and library part are seen at once', async () => {
  await change('src/commands/extract.ts', 'summary = ', "summary = 'A summary of today.' ?? ")
  await change('src/cli/help.ts', 'Every flag is also a variable', 'A rule of today')
  await change('src/cli/command-not-found.ts', '`lantern-eval ${', '`today ${')
  await change('src/metrics/extraction/blink.ts', "rule: 'whole-text'", "rule: 'rule of today'")
  const help = await dev('extract', '--help')
  expect(help).toContain('A summary of today.')
  expect(help).toContain('A rule of today')
  expect(await dev('extrct')).toContain('today ')
  expect(await dev('extract', '--extractor', 'verbatim', '--text', '(B)')).toContain('rule of today')
})
