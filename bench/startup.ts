// The start-up time of `lantern-eval --version` and of a trivial command, relative to an empty Node process.
// Sides alternate; the figures are medians over the rounds. Fails when the bound is missed. Needs a build.
import {spawnSync} from 'node:child_process'
import {loadavg} from 'node:os'
import {fileURLToPath} from 'node:url'
import {median} from './support/median.js'

const rounds = 15
const boundMs = 200
const bin = fileURLToPath(new URL('../bin/run.js', import.meta.url))
const sides = {node: ['-e', '0'], '--version': [bin, '--version'], 'cache dir': [bin, 'cache', 'dir']}

function timeOf(args: readonly string[]): number {
  const started = performance.now()
  const {status, stderr} = spawnSync(process.execPath, args)
  if (status !== 0) throw new Error(String(stderr))
  return performance.now() - started
}

const times = Object.entries(sides).map(([name, args]) => ({name, args, ms: [] as number[]}))
for (let round = 0; round < rounds; round++) for (const side of times) side.ms.push(timeOf(side.args))

const floor = times[0]!.ms
const load = loadavg()[0]!.toFixed(1)
for (const {name, ms} of times) {
  const later = median(ms.map((value, round) => value - floor[round]!))
  const missed = name === '--version' && later > boundMs
  console.log(
    `${name.padEnd(10)} ${median(ms).toFixed(0)} ms (+${later.toFixed(0)})${missed ? '  MISSED' : ''}, load ${load}`,
  )
  if (missed) process.exitCode = 1
}
