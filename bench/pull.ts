// The throughput of `bench pull` relative to a bare download of the same files from the same local server.
// Takes the median of the ratios per round. Fails below four fifths.
import {execFile, fork} from 'node:child_process'
import {once} from 'node:events'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import {median} from './support/median.js'

const files = 4
const fileBytes = 64e6
const rounds = 5
const leastRatio = 0.8

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const run = promisify(execFile)
const server = fork(here('support/hub-server.ts'), [String(files), String(fileBytes)], {execArgv: ['--import', 'tsx']})
const [{url}] = (await once(server, 'message')) as [{url: string}]
const folder = await mkdtemp(join(tmpdir(), 'bench-pull-'))

async function measure(side: string): Promise<number> {
  const target = join(folder, side)
  const {stdout} = await run(process.execPath, [
    '--import',
    'tsx',
    here('pull-side.ts'),
    side,
    url,
    target,
    String(files),
  ])
  await rm(target, {recursive: true})
  return (files * fileBytes) / JSON.parse(stdout).seconds / 1e6
}

try {
  const rates: Record<'bare' | 'pull', number[]> = {bare: [], pull: []}
  for (let round = 0; round < rounds; round++) {
    for (const side of round % 2 === 0 ? (['bare', 'pull'] as const) : (['pull', 'bare'] as const))
      rates[side].push(await measure(side))
  }
  const {bare, pull} = rates
  const ratio = median(pull.map((rate, round) => rate / bare[round]!))
  console.log(
    `bare ${median(bare).toFixed(0)} MB/s, pull ${median(pull).toFixed(0)} MB/s: x${ratio.toFixed(2)}${ratio < leastRatio ? '  MISSED' : ''}`,
  )
  process.exitCode = ratio < leastRatio ? 1 : 0
} finally {
  server.disconnect()
  await rm(folder, {recursive: true})
}
