import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {canonicalJson, hashOf, sha256, sha256OfFile} from './hash.js'

// FIPS 180-2, appendix B.1: the digest of "abc".
const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

test('sha256 agrees with the standard for text, bytes and files', async () => {
  expect(sha256('abc')).toBe(abc)
  expect(sha256(new Uint8Array([97, 98, 99]))).toBe(abc)
  const folder = await mkdtemp(join(tmpdir(), 'hash-'))
  await writeFile(join(folder, 'file'), 'abc')
  expect(await sha256OfFile(join(folder, 'file'))).toBe(abc)
  await expect(sha256OfFile(join(folder, 'absent'))).rejects.toMatchObject({code: 'ENOENT'})
  await rm(folder, {recursive: true})
})

test('canonical JSON does not depend on the order of keys, at any depth', () => {
  expect(canonicalJson({b: 1, a: {d: [2, {f: 3, e: 4}], c: null}})).toBe('{"a":{"c":null,"d":[2,{"e":4,"f":3}]},"b":1}')
  expect(hashOf({a: 1, b: 2})).toBe(hashOf({b: 2, a: 1}))
})

test('canonical JSON omits undefined values and keeps the order of lists', () => {
  expect(hashOf({a: 1, b: undefined})).toBe(hashOf({a: 1}))
  expect(hashOf([1, 2])).not.toBe(hashOf([2, 1]))
})
