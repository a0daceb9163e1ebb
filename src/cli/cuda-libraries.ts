// Which libraries CUDA needs and which of them are absent, for `doctor`. Nothing is loaded: only a session shows
// whether a library works. The names are those that the provider of onnxruntime 1.30.0 asks the system for.
import {createReadStream, existsSync} from 'node:fs'
import {join} from 'node:path'

export type CudaVersion = 12 | 13

/** cuDNN and cuFFT are opened when an operator wants them; the graphs of this project may not. */
const libraries: Readonly<Record<CudaVersion, Readonly<Record<string, string>>>> = {
  12: {
    'libcudart.so.12': 'nvidia-cuda-runtime-cu12',
    'libcublas.so.12': 'nvidia-cublas-cu12',
    'libcublasLt.so.12': 'nvidia-cublas-cu12',
    'libcurand.so.10': 'nvidia-curand-cu12',
    'libcufft.so.11': 'nvidia-cufft-cu12',
    'libcudnn.so.9': 'nvidia-cudnn-cu12',
  },
  13: {
    'libcudart.so.13': 'nvidia-cuda-runtime',
    'libcublas.so.13': 'nvidia-cublas',
    'libcublasLt.so.13': 'nvidia-cublas',
    'libcurand.so.10': 'nvidia-curand',
    'libcufft.so.12': 'nvidia-cufft',
    'libcudnn.so.9': 'nvidia-cudnn-cu13',
  },
}
const driver = 'libcuda.so.1'
const providers = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'] as const

export interface CudaPlaces {
  /** `bin/napi-v6/linux/x64` of onnxruntime-node, where its providers lie. */
  readonly runtime: string
  /** The version of onnxruntime-node: a provider must have the same. */
  readonly version: string
  /** Where the system looks for libraries. */
  readonly folders: readonly string[]
}

export interface CudaFound {
  /** The CUDA that the installed provider is for; null without one, or where it does not say. */
  readonly version: CudaVersion | null
  /** File names, by version; those of the installed provider's version alone where it is known. */
  readonly missing: Readonly<Partial<Record<CudaVersion, readonly string[]>>>
  /** What brings what is missing, by version. Empty where nothing is. */
  readonly commands: Readonly<Partial<Record<CudaVersion, readonly string[]>>>
}

/** The folders where Linux looks: LD_LIBRARY_PATH, then the usual ones. */
export function libraryFolders(env: Readonly<Record<string, string | undefined>>): string[] {
  const named = (env['LD_LIBRARY_PATH'] ?? '').split(':').filter(folder => folder !== '')
  const usual = [
    '/usr/local/cuda/lib64',
    '/usr/lib/x86_64-linux-gnu',
    '/lib/x86_64-linux-gnu',
    '/usr/lib64',
    '/usr/lib',
    '/usr/lib/wsl/lib',
  ]
  return [...named, ...usual]
}

/** Looks for everything that CUDA 12 and 13 need. */
export async function findCuda(places: CudaPlaces): Promise<CudaFound> {
  const {runtime, folders} = places
  const provider = join(runtime, providers[1])
  const version = existsSync(provider) ? await versionOf(provider) : null
  const versions: CudaVersion[] = version === null ? [12, 13] : [version]
  const there = (name: string) => [runtime, ...folders].some(folder => existsSync(join(folder, name)))
  const missing = Object.fromEntries(
    versions.map(of => [
      of,
      [
        ...providers.filter(name => !existsSync(join(runtime, name))),
        ...Object.keys(libraries[of]).filter(name => !there(name)),
        ...(there(driver) ? [] : [driver]),
      ],
    ]),
  ) as CudaFound['missing']
  const commands = Object.fromEntries(versions.map(of => [of, commandsFor(of, missing[of]!, places)]))
  return {version, missing, commands}
}

function commandsFor(of: CudaVersion, missing: readonly string[], {runtime, version}: CudaPlaces): string[] {
  const provider = providers.some(name => missing.includes(name))
  const wheels = new Set(missing.flatMap(name => libraries[of][name] ?? []))
  return [
    ...(provider && of === 12 ? ['node node_modules/onnxruntime-node/script/install'] : []),
    ...(provider && of === 13
      ? [
          `pip download --no-deps --dest cuda-provider onnxruntime-gpu==${version}`,
          `unzip -j cuda-provider/*.whl ${providers.map(name => `onnxruntime/capi/${name}`).join(' ')} -d ${runtime}`,
        ]
      : []),
    ...(wheels.size > 0
      ? [
          `pip install ${[...wheels].join(' ')}`,
          `export LD_LIBRARY_PATH=$(python3 -c 'import glob, site; print(":".join(glob.glob(site.getsitepackages()[0] + "/nvidia/**/lib", recursive=True)))')`,
        ]
      : []),
    ...(missing.includes(driver)
      ? [`the NVIDIA driver of this machine brings ${driver}; \`nvidia-smi\` shows it`]
      : []),
  ]
}

/** The version of the cuBLAS that a provider names among the libraries it needs. */
async function versionOf(provider: string): Promise<CudaVersion | null> {
  let end = ''
  for await (const chunk of createReadStream(provider, {highWaterMark: 1 << 20}) as AsyncIterable<Buffer>) {
    const text = end + chunk.toString('latin1')
    const found = /libcublas(?:Lt)?\.so\.(1[23])\0/.exec(text)
    if (found) return Number(found[1]) as CudaVersion
    end = text.slice(-32)
  }
  return null
}
