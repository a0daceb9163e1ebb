// Runs jest and ends with one plain line, 'N passed, N failed', which continuous integration reads.
import {spawnSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-test-'))
const outputFile = join(folder, 'result.json')
const {status} = spawnSync(
  process.execPath,
  ['node_modules/jest/bin/jest.js', '--json', `--outputFile=${outputFile}`, ...process.argv.slice(2)],
  {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {...process.env, NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning'},
  },
)
let line = '0 passed, 1 failed'
try {
  const {numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests} = JSON.parse(
    readFileSync(outputFile, 'utf8'),
  )
  const failed = numFailedTests + numRuntimeErrorTestSuites
  line = `${numPassedTests} passed, ${failed} failed` + (numPendingTests ? `, ${numPendingTests} skipped` : '')
} catch {
  // jest died before it wrote its result; the default line reports that.
}
rmSync(folder, {recursive: true, force: true})
console.log(line)
process.exit(status ?? 1)
