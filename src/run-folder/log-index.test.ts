// The index of a log: what it finds, and when it is not used.
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {arm, lockBenchmark, lockOf, record, writeRun} from '../../test/support/run-folders.js'
import {indexFile, type LogIndex, makeLogIndex, openLogIndex} from './log-index.js'
import {openRunFolder, readLock, readLog} from './reader.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lantern-eval-index-'))
})
afterEach(() => {
  chmodSync(folder, 0o755)
  rmSync(folder, {recursive: true})
})

const arms = [arm('m', 'direct'), arm('m', 'text-cot')]
const ids = Array.from({length: 40}, (_, k) => `Counting_${k + 1}`)

function run(name: string, text = 'x'): string {
  const records = ids.flatMap(id =>
    arms.map(({id: of}) => record({arm: of, bench: 'blink', subtask: 'Counting', id, outcome: 'wrong'}, {text})),
  )
  return writeRun(join(folder, name), lockOf(arms, [lockBenchmark('blink', {Counting: 40})]), records)
}
const log = (dir: string) => join(dir, 'log.jsonl')
const make = async (dir: string): Promise<LogIndex> => (await makeLogIndex(await openRunFolder(dir), 0))!
const opened = async (dir: string) => openLogIndex(await readLock(dir), dir)

async function inLog(dir: string, wanted: readonly string[]) {
  const found = []
  for await (const one of readLog(dir)) if (wanted.includes(one.id)) found.push(one)
  return found
}

it('finds the records of a sample as a reading of the log does, in its order, and is read again from its file', async () => {
  const dir = run('a', 'Größe → 大\n')
  const wanted = ['Counting_31', 'Counting_2']
  const expected = await inLog(dir, wanted)
  expect(expected).toHaveLength(4)
  expect(await (await make(dir)).records(wanted)).toEqual(expected)
  expect(await (await opened(dir))!.records(wanted)).toEqual(expected)
  expect(await (await opened(dir))!.records(['no such sample'])).toEqual([])
})

it('holds the warnings about records that cannot be true, and leaves those records out', async () => {
  const dir = run('a')
  const odd = record({arm: 'no such arm', bench: 'blink', subtask: 'Counting', id: 'Counting_1', outcome: 'wrong'})
  appendFileSync(log(dir), `${JSON.stringify(odd)}\n`)
  const {warnings} = await make(dir)
  expect(warnings).toEqual([expect.stringContaining('is of no arm of the lock')])
  const again = (await opened(dir))!
  expect(again.warnings).toEqual(warnings)
  expect(await again.records(['Counting_1'])).toHaveLength(2)
})

const changes: [string, (dir: string) => void][] = [
  ['appended to', dir => appendFileSync(log(dir), readFileSync(log(dir), 'utf8').split('\n')[0]!)],
  ['cut', dir => truncateSync(log(dir), statSync(log(dir)).size - 200)],
  [
    'replaced by one of the same length and time',
    dir => {
      const {atime, mtime} = statSync(log(dir))
      writeFileSync(log(dir), readFileSync(log(dir), 'utf8').replaceAll('"text":"x"', '"text":"y"'))
      utimesSync(log(dir), atime, mtime)
    },
  ],
]
it.each(changes)('is not used once the log was %s; made again, it finds what the log has', async (_, change) => {
  const dir = run('a')
  await make(dir)
  change(dir)
  expect(await opened(dir)).toBeNull()
  expect(await (await make(dir)).records(ids)).toEqual(await inLog(dir, ids))
  expect(await opened(dir)).not.toBeNull()
})

it('of another run is not used', async () => {
  const [dir, other] = [run('a'), run('b', 'longer')]
  await make(other)
  copyFileSync(join(other, indexFile), join(dir, indexFile))
  expect(await opened(dir)).toBeNull()
})

it.each([
  ['no index', 'no index\n'],
  ['cut', (bytes: Buffer) => bytes.subarray(0, -3)],
  [
    'changed',
    (bytes: Buffer) => {
      bytes[bytes.length - 1]! ^= 1
      return bytes
    },
  ],
])('that is %s is not used', async (_, changed) => {
  const dir = run('a')
  await make(dir)
  const path = join(dir, indexFile)
  writeFileSync(path, typeof changed === 'string' ? changed : changed(readFileSync(path)))
  expect(await opened(dir)).toBeNull()
})

it('is not needed: a folder that cannot be written, or where it is in the way, gives the same records', async () => {
  const dir = run('a')
  const expected = await (await make(dir)).records(['Counting_7'])
  rmSync(join(dir, indexFile))
  chmodSync(dir, 0o555)
  // A superuser may write anywhere.
  const readOnly = process.getuid?.() !== 0
  expect(await (await make(dir)).records(['Counting_7'])).toEqual(expected)
  expect(existsSync(join(dir, indexFile))).toBe(!readOnly)
  chmodSync(dir, 0o755)
})

it('is not made for a log that is quickly read', async () => {
  const dir = run('a')
  expect(await makeLogIndex(await openRunFolder(dir))).toBeNull()
  expect(existsSync(join(dir, indexFile))).toBe(false)
})
