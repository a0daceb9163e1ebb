// A graph in the cache is used again by its version. One that changes without a new version would be the old one for
// everybody who has run the model before.
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {tinyOf, writeTinyCheckpoint} from '../../../../test/support/tiny-checkpoint.js'
import {sha256} from '../../../core/hash.js'
import {openCheckpoint} from '../checkpoint/checkpoint.js'
import {graphVersion, loadModel} from './model.js'

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-graphs-'))
afterAll(() => rmSync(folder, {recursive: true, force: true}))

test('a changed graph has a new version', async () => {
  const digests: string[] = []
  for (const [name, changes] of Object.entries(tinyOf)) {
    const checkpoint = await openCheckpoint(await writeTinyCheckpoint(join(folder, name), changes))
    for (const precision of ['fp32', 'q8', 'q4'] as const) {
      const cacheDir = join(folder, 'cache', name, precision)
      await (await loadModel(checkpoint, {precision, device: 'cpu', threads: 1, cacheDir})).close()
      for (const file of readdirSync(join(cacheDir, 'graphs')))
        digests.push(sha256(readFileSync(join(cacheDir, 'graphs', file))))
    }
  }
  // When this fails, add one to graphVersion, and put the new digest here.
  expect([graphVersion, sha256(digests.sort().join('\n'))]).toEqual([
    5,
    'ffdf1846389560da9f543e2903f476bc8acb2462670dbd98411039f3fbec014d',
  ])
})
