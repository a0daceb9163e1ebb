import {spawnSync} from 'node:child_process'
import {lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {partOf, removeDeadParts, writeWhole} from './part-file.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'part-'))
})
afterEach(() => rm(folder, {recursive: true}))

it('writes a whole file, over an older one and through a link', async () => {
  await writeFile(join(folder, 'real'), 'old')
  await symlink('real', join(folder, 'link'))
  await writeWhole(join(folder, 'link'), 'new')
  expect(await readFile(join(folder, 'real'), 'utf8')).toBe('new')
  expect((await lstat(join(folder, 'link'))).isSymbolicLink()).toBe(true)
  expect((await readdir(folder)).sort()).toEqual(['link', 'real'])
})

it('leaves nothing behind when it fails', async () => {
  await mkdir(join(folder, 'taken'))
  await writeFile(join(folder, 'taken', 'x'), '')
  await expect(writeWhole(join(folder, 'taken'), 'text')).rejects.toThrow()
  expect(await readdir(folder)).toEqual(['taken'])
})

it('removes what dead processes left, and nothing of living ones or of other machines', async () => {
  const dead = spawnSync(process.execPath, ['--version']).pid
  const own = partOf(join(folder, 'a'))
  const other = own.replace(/\.[0-9a-f]{8}-/, '.00000000-').replace(`-${process.pid}-`, `-${dead}-`)
  const left = [own.replace(`-${process.pid}-`, `-${dead}-`), own, other, join(folder, `a.${dead}.part`)]
  for (const path of left) await writeFile(path, '')
  await removeDeadParts(folder)
  expect((await readdir(folder)).map(name => join(folder, name)).sort()).toEqual(left.slice(1).sort())
})
