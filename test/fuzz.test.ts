// A short run of `npm run fuzz`: no command ends with a bug, and the same seed makes the same cases.
import {spawn} from 'node:child_process'
import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {oddFile} from '../scripts/fuzz/mutate.js'
import {random} from '../src/core/random.js'
import {endWithTests, root} from './support/cli.js'

const fuzz = (...args: string[]) =>
  new Promise<{code: number | null; said: string}>(resolve => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/fuzz/index.ts', ...args], {cwd: root})
    endWithTests(child)
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', chunk => {
        said += chunk
      })
    child.on('close', code => resolve({code, said}))
  })

test('changed inputs of every kind end as they may', async () => {
  const {code, said} = await fuzz('--n', '60', '--seed', '3')
  expect([code, said]).toEqual([0, expect.stringMatching(/^60 cases, seed 3: 0 faults/m)])
}, 300_000)

test('a fault is told with its seed and case, and its input is kept', async () => {
  const keep = await mkdtemp(join(tmpdir(), 'fuzz-'))
  const {code, said} = await fuzz('--n', '1', '--seed', '5', '--only', 'self-test', '--keep', keep)
  expect([code, said]).toEqual([1, expect.stringMatching(/^FAULT self-test, --seed 5 --case 0, input in .*5-0$/m)])
  expect(await readdir(join(keep, '5-0'))).toEqual(['wrong.mjs'])
  await rm(keep, {recursive: true})
}, 120_000)

test('a case is made again from its seed', async () => {
  const bytes = await readFile(join(root, 'fixtures/import/inspect.eval'))
  const made = (seed: number) => oddFile('a.eval', bytes, random('fuzz', seed))
  for (let seed = 0; seed < 20; seed++) expect(made(seed).equals(made(seed))).toBe(true)
  expect(new Set(Array.from({length: 20}, (_, seed) => made(seed).toString('base64'))).size).toBeGreaterThan(15)
})
