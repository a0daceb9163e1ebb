import {mkdtemp, rm, stat, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {makeFolder} from './folders.js'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'folders-'))
})
afterEach(async () => {
  await rm(root, {recursive: true})
})

test('makes a folder with all above it, and finds it made', async () => {
  const path = join(root, 'a', 'b', 'c')
  await makeFolder(path)
  await makeFolder(path)
  expect((await stat(path)).isDirectory()).toBe(true)
})

test('many at once make the same folder', async () => {
  const path = join(root, 'a', 'b', 'c')
  await Promise.all(Array.from({length: 20}, (_, k) => makeFolder(join(path, String(k % 2)))))
  expect((await stat(join(path, '1'))).isDirectory()).toBe(true)
})

test('follows a link to a folder', async () => {
  await makeFolder(join(root, 'real'))
  await symlink('real', join(root, 'link'))
  await makeFolder(join(root, 'link', 'in'))
  expect((await stat(join(root, 'real', 'in'))).isDirectory()).toBe(true)
})

describe('refuses with the reason', () => {
  const because = (reason: RegExp) => ({code: 'disk', message: expect.stringMatching(reason)})

  test('a file in the way, at the end or above', async () => {
    await writeFile(join(root, 'file'), '')
    await expect(makeFolder(join(root, 'file'))).rejects.toMatchObject(because(/file is not a folder/))
    await expect(makeFolder(join(root, 'file', 'a', 'b'))).rejects.toMatchObject(because(/file is not a folder/))
  })

  test('a link to nothing', async () => {
    await symlink('nowhere', join(root, 'link'))
    await expect(makeFolder(join(root, 'link'))).rejects.toMatchObject(because(/a link to nothing is in its place/))
  })

  test('links that lead in a circle', async () => {
    await symlink('link', join(root, 'link'))
    await expect(makeFolder(join(root, 'link', 'a'))).rejects.toMatchObject(because(/its links lead in a circle/))
  })

  test('a name that is too long, or holds a NUL', async () => {
    await expect(makeFolder(join(root, 'a'.repeat(300)))).rejects.toMatchObject(because(/its name is too long/))
    await expect(makeFolder(join(root, 'a\u0000b'))).rejects.toMatchObject(because(/null bytes/))
  })

  const onLinux = process.platform === 'linux' ? test : test.skip
  onLinux('a file system that makes no folders, where the recursive mkdir of Node never ends', async () => {
    await expect(makeFolder('/proc/none/a')).rejects.toMatchObject(because(/^\/proc\/none\/a cannot be made: /))
    await expect(makeFolder('/dev/null')).rejects.toMatchObject(because(/\/dev\/null is not a folder/))
  })
})
