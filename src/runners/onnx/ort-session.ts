// Creates onnxruntime sessions: chooses options and device, and explains to the user what to do when a provider is
// missing.
import {existsSync} from 'node:fs'
import {createRequire} from 'node:module'
import {dirname, join, relative} from 'node:path'
import {LanternError, messageOf} from '../../core/errors.js'

// The runtime's types are taken from the late import, so that no module imports the runtime early.
export type Runtime = Awaited<ReturnType<typeof loadRuntime>>
export type InferenceSession = Awaited<ReturnType<Runtime['InferenceSession']['create']>>
export type Tensor = InstanceType<Runtime['Tensor']>

export interface Device {
  readonly provider: 'cpu' | 'cuda'
  readonly index: number
}

/** `cpu`, `cuda` or `cuda:N`. Throws LanternError `usage` for anything else. */
export function parseDevice(text: string): Device {
  const match = /^(cpu|cuda(?::(\d+))?)$/.exec(text)
  if (match === null)
    throw new LanternError('usage', `Unknown device ${JSON.stringify(text)}.`, 'Use cpu, cuda or cuda:N.')
  return {provider: text === 'cpu' ? 'cpu' : 'cuda', index: Number(match[2] ?? 0)}
}

export interface SessionOptions {
  readonly device: Device
  readonly threads?: number
  /** The folder that external data is relative to. */
  readonly folder: string
  /**
   * True keeps float32 weights as mapped pages of their file, shared by all sessions and workers, instead of packing a
   * copy of them.
   * False is needed for MatMulNBits weights, which are 50 times slower without packing.
   */
  readonly mapped: boolean
  /**
   * True frees every intermediate as soon as it is dead. Meant for graphs with large intermediates whose size varies
   * from run to run. The default arena keeps its peak, rounded up to powers of two, for the life of the session.
   */
  readonly frugal?: boolean
  /** False leaves the graph as it is: constants, such as weights in another type, are computed in every run. */
  readonly folds?: boolean
}

/**
 * Creates a session. Throws LanternError `device` when the provider cannot be loaded, with the command that installs
 * it.
 */
export async function createSession(
  model: Uint8Array,
  {device, threads, folder, mapped, frugal = false, folds = true}: SessionOptions,
): Promise<InferenceSession> {
  const ort = await loadRuntime()
  try {
    return await ort.InferenceSession.create(model, {
      executionProviders: device.provider === 'cpu' ? ['cpu'] : [{name: 'cuda', deviceId: device.index}],
      ...(threads !== undefined && {intraOpNumThreads: threads}),
      // One level below 'all'. The last level only rewrites convolutions, of which there are none, and crashes 1.30.0
      // on the decoder.
      graphOptimizationLevel: folds ? 'extended' : 'disabled',
      ...(frugal && {enableCpuMemArena: false, enableMemPattern: false}),
      // Errors are thrown anyway; without this they would also be printed, into the middle of a table.
      logSeverityLevel: 4,
      extra: {
        session: {
          model_external_initializers_file_folder_path: folder,
          ...(mapped && {disable_prepacking: '1'}),
        },
      },
    })
  } catch (error) {
    throw device.provider === 'cuda' ? cudaError(error) : error
  }
}

/** Loads onnxruntime-node on first use. Throws LanternError `device`. */
export async function loadRuntime() {
  try {
    const ort = await import('onnxruntime-node')
    // Loading a provider logs through the library's own logger, which ignores the session's level and obeys this one.
    ort.env.logLevel = 'fatal'
    return ort
  } catch (error) {
    throw new LanternError(
      'device',
      `onnxruntime-node cannot be loaded: ${messageOf(error).split('\n')[0]}.`,
      'Install it without its CUDA download: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@1.30.0 (linux needs glibc 2.28 or newer).',
    )
  }
}

/**
 * Providers that can be loaded: those in the package, plus CUDA and TensorRT once their libraries have been fetched.
 */
export async function availableProviders(): Promise<string[]> {
  const {listSupportedBackends} = await loadRuntime()
  const binaries = join(packageFolder(), 'bin', 'napi-v6', process.platform, process.arch)
  const library = (name: string) =>
    process.platform === 'win32' ? `onnxruntime_providers_${name}.dll` : `libonnxruntime_providers_${name}.so`
  return listSupportedBackends().flatMap(({name, bundled}) =>
    bundled || existsSync(join(binaries, library(name))) ? [name] : [],
  )
}

function packageFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'))
}

/**
 * The command that fetches the CUDA libraries: the package's own install script. `npm rebuild` does not run it under
 * `allowScripts: false`.
 */
function cudaInstallCommand(): string {
  return `node ${relative(process.cwd(), join(packageFolder(), 'script', 'install.js'))}`
}

function cudaError(error: unknown): LanternError {
  return new LanternError(
    'device',
    `The CUDA provider cannot be loaded: ${messageOf(error).split('\n')[0]}.`,
    `It needs an NVIDIA driver, CUDA 12 with cuDNN 9, and the provider libraries; fetch those with: ${cudaInstallCommand()}`,
    {cause: error},
  )
}
