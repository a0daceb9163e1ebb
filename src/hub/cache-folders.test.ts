import {mkdir, mkdtemp, readdir, rm, utimes, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {cacheContents, pruneCache} from './cache-folders.js'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cache-'))
  await mkdir(join(dir, 'responses', 'ab'), {recursive: true})
  await mkdir(join(dir, 'private'))
  await writeFile(join(dir, 'responses', 'ab', 'old.json'), '12345')
  await utimes(join(dir, 'responses', 'ab', 'old.json'), 1000, 1000)
  await writeFile(join(dir, 'responses', 'ab', 'new.json'), '123')
  await writeFile(join(dir, 'private', 'letter'), 'mine')
})
afterEach(() => rm(dir, {recursive: true}))

it('counts the files and bytes of each folder', async () => {
  const [responses, graphs] = await cacheContents(dir)
  expect(responses).toMatchObject({name: 'responses', files: 2, bytes: 8})
  expect(graphs).toMatchObject({name: 'graphs', files: 0, bytes: 0})
})

it('removes nothing in a dry run', async () => {
  expect(await pruneCache(dir, {only: ['responses'], before: Number.POSITIVE_INFINITY, dryRun: true})).toEqual({
    files: 2,
    bytes: 8,
  })
  expect(await readdir(join(dir, 'responses', 'ab'))).toHaveLength(2)
})

it('removes files that are old enough, and only from the cache', async () => {
  expect(await pruneCache(dir, {only: ['responses', 'graphs'], before: 2_000_000, dryRun: false})).toEqual({
    files: 1,
    bytes: 5,
  })
  expect(await readdir(join(dir, 'responses', 'ab'))).toEqual(['new.json'])
  await pruneCache(dir, {only: ['responses'], before: Number.POSITIVE_INFINITY, dryRun: false})
  expect(await readdir(dir)).toEqual(['private'])
})
