// Runs jest and ends with one plain line, 'N passed, N failed', which continuous integration reads.
import {spawn} from 'node:child_process'
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout} from 'node:timers/promises'

const secondsToEnd = 30

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-test-'))
const outputFile = join(folder, 'result.json')
const jest = spawn(
  process.execPath,
  ['node_modules/jest/bin/jest.js', '--json', `--outputFile=${outputFile}`, ...process.argv.slice(2)],
  {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {...process.env, NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning'},
  },
)
let ended = false
const status = new Promise(resolve => {
  jest.once('close', resolve)
})
status.then(() => {
  ended = true
})
// A test that leaves a process or an open handle behind keeps jest alive after its last line, for ever.
let looksAfterResult = 0
while (!ended) {
  await setTimeout(200)
  if (existsSync(outputFile)) looksAfterResult++
  if (looksAfterResult < secondsToEnd * 5) continue
  console.error(`jest did not end within ${secondsToEnd} s of its result: a test left a process or a handle open.`)
  jest.kill('SIGKILL')
  break
}
let line = '0 passed, 1 failed'
let succeeded = false
try {
  const {success, numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests} = JSON.parse(
    readFileSync(outputFile, 'utf8'),
  )
  succeeded = success
  const failed = numFailedTests + numRuntimeErrorTestSuites
  line = `${numPassedTests} passed, ${failed} failed` + (numPendingTests ? `, ${numPendingTests} skipped` : '')
} catch {
  // jest died before it wrote its result; the default line reports that.
}
rmSync(folder, {recursive: true, force: true})
console.log(line)
// What the tests said counts, also where jest had to be stopped.
process.exit((await status) === 0 || succeeded ? 0 : 1)
