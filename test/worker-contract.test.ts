// The contract of runners for a local checkpoint in its worker thread, which only exists in compiled code.
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {checkpointUnderTest} from './support/checkpoint-under-test.js'
import {root} from './support/cli.js'
import {runnerContract} from './support/runner-contract.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'worker-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

runnerContract('a local checkpoint in its thread', async () => {
  const {openRunner}: typeof import('../src/runners/index.js') = await import(join(root, 'dist/runners/index.js'))
  return checkpointUnderTest(openRunner, folder)
})
