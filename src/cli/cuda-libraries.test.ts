// What CUDA lacks, in made-up library folders.
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {findCuda, libraryFolders} from './cuda-libraries.js'

let folder: string
const place = (name: string) => join(folder, name)
const put = (where: string, names: readonly string[]) => {
  mkdirSync(place(where), {recursive: true})
  for (const name of names) writeFileSync(join(place(where), name), '')
}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lantern-eval-cuda-'))
  put('runtime', [])
  put('lib', [])
})
afterEach(() => rmSync(folder, {recursive: true}))
const find = () => findCuda({runtime: place('runtime'), version: '1.30.0', folders: [place('lib')]})
/** A provider says what it needs among its strings; here beyond the first piece that is read. */
const provide = (needs: string) => {
  put('runtime', ['libonnxruntime_providers_shared.so'])
  const bytes = Buffer.concat([Buffer.alloc((1 << 20) - 6), Buffer.from(`\0${needs}\0`)])
  writeFileSync(join(place('runtime'), 'libonnxruntime_providers_cuda.so'), bytes)
}
const of12 = [
  'libcudart.so.12',
  'libcublas.so.12',
  'libcublasLt.so.12',
  'libcurand.so.10',
  'libcufft.so.11',
  'libcudnn.so.9',
]
const of13 = [
  'libcudart.so.13',
  'libcublas.so.13',
  'libcublasLt.so.13',
  'libcurand.so.10',
  'libcufft.so.12',
  'libcudnn.so.9',
]

test('without anything, both versions lack the provider, every library and the driver', async () => {
  const {version, missing, commands} = await find()
  const provider = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so']
  expect(version).toBeNull()
  expect(missing).toEqual({12: [...provider, ...of12, 'libcuda.so.1'], 13: [...provider, ...of13, 'libcuda.so.1']})
  expect(commands[12]).toContain('node node_modules/onnxruntime-node/script/install')
  expect(commands[13]![0]).toBe('pip download --no-deps --dest cuda-provider onnxruntime-gpu==1.30.0')
  expect(commands[13]![1]).toContain(`-d ${place('runtime')}`)
})

test.each([
  [12, of12, 'libcudnn.so.9', 'pip install nvidia-cudnn-cu12'],
  [13, of13, 'libcublasLt.so.13', 'pip install nvidia-cublas'],
] as const)(
  'with a provider of CUDA %i, only its libraries are named, and what brings the absent one',
  async (version, all, absent, command) => {
    provide(`libcublas.so.${version}`)
    put('lib', [...all.filter(name => name !== absent), 'libcuda.so.1'])
    const found = await find()
    expect(found.version).toBe(version)
    expect(found.missing).toEqual({[version]: [absent]})
    expect(found.commands[version]![0]).toBe(command)
    put('lib', [absent])
    expect(await find()).toEqual({version, missing: {[version]: []}, commands: {[version]: []}})
  },
)

test('libraries of the other version do not count', async () => {
  provide('libcublas.so.13')
  put('lib', [...of12, 'libcuda.so.1'])
  expect((await find()).missing).toEqual({
    13: ['libcudart.so.13', 'libcublas.so.13', 'libcublasLt.so.13', 'libcufft.so.12'],
  })
})

test('LD_LIBRARY_PATH comes first', () => {
  expect(libraryFolders({LD_LIBRARY_PATH: '/a::/b'}).slice(0, 3)).toEqual(['/a', '/b', '/usr/local/cuda/lib64'])
})
