// Folder layouts that onnxruntime is picky about. Each one loads and gives the same numbers as the plain folder.
import {chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {writeTinyCheckpoint} from '../../../test/support/tiny-checkpoint.js'
import {openCheckpoint} from './checkpoint/checkpoint.js'
import {loadModel} from './model/model.js'

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-placement-'))
const plain = join(folder, 'plain')
beforeAll(() => writeTinyCheckpoint(plain, {shards: 2}))
afterAll(() => {
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o755)
  rmSync(folder, {recursive: true, force: true})
})

async function firstLogits(dir: string, cacheDir = join(folder, 'cache')): Promise<number[]> {
  const model = await loadModel(await openCheckpoint(dir), {precision: 'fp32', device: 'cpu', threads: 1, cacheDir})
  const embeds = model.embed([1, 2, 3])
  const positions = Int32Array.of(0, 1, 2, 0, 1, 2, 0, 1, 2)
  const {logits} = await model.decode({
    batch: 1,
    length: 3,
    embeds,
    positions,
    totals: Int32Array.of(3),
    past: null,
    want: {logits: true},
  })
  await model.close()
  return [...logits!]
}

/** Moves every file of a copy elsewhere and leaves links behind. `target` names the folder and the new file name. */
function linked(name: string, target: (file: string, index: number) => [folder: string, file: string]): string {
  const dir = join(folder, name)
  cpSync(plain, dir, {recursive: true})
  readdirSync(dir).forEach((file, index) => {
    const [to, as] = target(file, index)
    mkdirSync(join(folder, to), {recursive: true})
    renameSync(join(dir, file), join(folder, to, as))
    symlinkSync(join('..', to, as), join(dir, file))
  })
  return dir
}

it('loads a hub cache, with links to renamed blobs in one folder', async () => {
  const dir = linked('snapshot', (_, index) => ['blobs', `blob${index}`])
  expect(await firstLogits(dir)).toEqual(await firstLogits(plain))
})

it('loads shards from different folders by collecting them in the cache', async () => {
  const dir = linked('scattered', (file, index) => [`disk-${index % 2}`, file])
  expect(await firstLogits(dir)).toEqual(await firstLogits(plain))
  expect(readdirSync(join(folder, 'cache', 'weights'))).toHaveLength(1)
})

it('loads a read-only folder and writes nothing into it', async () => {
  const dir = join(folder, 'read-only')
  cpSync(plain, dir, {recursive: true})
  const before = readdirSync(dir)
  chmodSync(dir, 0o555)
  expect(await firstLogits(dir)).toEqual(await firstLogits(plain))
  expect(readdirSync(dir)).toEqual(before)
})

it('loads without a writable cache folder', async () => {
  expect(await firstLogits(plain, join(plain, 'config.json', 'cache'))).toEqual(await firstLogits(plain))
})
