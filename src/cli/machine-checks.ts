// The checks of `doctor`. Every check returns what it found and, if something is missing, what to do. No check throws.
import {readFile, rm, statfs, writeFile} from 'node:fs/promises'
import {homedir} from 'node:os'
import {join} from 'node:path'
import {LanternError, messageOf} from '../core/errors.js'
import {makeFolder} from '../core/folders.js'
import {jsonOrNothing} from '../core/json.js'
import {printable} from '../core/printable.js'
import {redactor, secretsIn} from '../core/redact.js'
import {cacheDir} from '../hub/cache-dir.js'
import {hubHome} from '../hub/cache-layout.js'
import {hubEndpoint} from '../hub/endpoint.js'
import {proxyFor} from '../hub/proxy.js'

export interface Check {
  readonly name: string
  /** A note does not stop a run; a failure does (exit 4). */
  readonly status: 'ok' | 'note' | 'failed'
  readonly found: string
  readonly remedy: string | null
}

type Environment = Readonly<Record<string, string | undefined>>

/** Oldest supported Node (package.json, engines). */
const nodeFloor = [20, 19] as const

/** With less free space, downloads and graphs of published checkpoints do not fit. */
const lowDiskBytes = 5 * 2 ** 30

const hubTimeoutMs = 5_000

/** All checks, in the order in which they are shown. None shows a credential of the environment. */
export async function checkMachine(env: Environment): Promise<Check[]> {
  const clean = redactor(secretsIn(env))
  const checks = await Promise.all([
    checkNode(),
    checkOnnxRuntime(),
    checkProvider(env),
    checkFolder('cache folder', cacheDir(env)),
    checkFolder('hub cache', hubHome(env)),
    checkDisk(cacheDir(env)),
    checkHub(env),
    checkToken('hub token', env, ['HF_TOKEN'], 'Gated repositories need one: set HF_TOKEN.'),
    checkToken(
      'API key',
      env,
      ['OPENAI_API_KEY'],
      'Remote endpoints usually need one: set OPENAI_API_KEY, or name another variable with --api-key-env.',
    ),
  ])
  return checks.map(check => ({...check, found: printable(clean(check.found))}))
}

async function checkNode(): Promise<Check> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const enough = major > nodeFloor[0] || (major === nodeFloor[0] && minor >= nodeFloor[1])
  return {
    name: 'Node',
    status: enough ? 'ok' : 'failed',
    found: `${process.version}, ${process.platform}-${process.arch}`,
    remedy: enough ? null : `Install Node ${nodeFloor.join('.')} or newer.`,
  }
}

async function checkOnnxRuntime(): Promise<Check> {
  try {
    const {env, listSupportedBackends} = await import('onnxruntime-node')
    const backends = listSupportedBackends().map(backend => backend.name)
    return {
      name: 'onnxruntime',
      status: 'ok',
      found: `${env.versions.node ?? env.versions.common}, providers ${backends.join(', ')}`,
      remedy: null,
    }
  } catch (error) {
    return {
      name: 'onnxruntime',
      status: 'failed',
      found: `cannot be loaded: ${messageOf(error)}`,
      remedy:
        'ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node (the CPU library is in the package). Remote and replay models work without it.',
    }
  }
}

/** What `--device cuda` lacks on this machine; only a session shows whether what is there works. */
async function checkProvider(env: Environment): Promise<Check> {
  const name = 'CUDA provider'
  const {createRequire} = await import('node:module')
  let runtime: string
  let ort: string
  try {
    const {platform, arch} = process
    const described = createRequire(import.meta.url).resolve('onnxruntime-node/package.json')
    runtime = join(described, '..', 'bin', 'napi-v6', platform, arch)
    ort = (jsonOrNothing(await readFile(described, 'utf8')) as {version: string}).version
  } catch {
    return {name, status: 'note', found: 'onnxruntime-node is not installed', remedy: null}
  }
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return {name, status: 'note', found: '--device cuda works on linux-x64 only', remedy: null}
  const {findCuda, libraryFolders} = await import('./cuda-libraries.js')
  const {version, missing, commands} = await findCuda({runtime, version: ort, folders: libraryFolders(env)})
  const lacking = Object.entries(missing).filter(([, names]) => names.length > 0)
  if (lacking.length === 0)
    return {name, status: 'ok', found: `its library for CUDA ${version} is installed, with all it needs`, remedy: null}
  return {
    name,
    status: 'note',
    found: `--device cuda will not work; ${lacking.map(([of, names]) => `CUDA ${of} lacks ${names.join(', ')}`).join('; ')}`,
    remedy: lacking
      .map(([of]) => `For CUDA ${of}: ${commands[Number(of) as 12 | 13]!.join(' && ')}`)
      .join('. ')
      .replaceAll(' && the NVIDIA', '; the NVIDIA'),
  }
}

async function checkFolder(name: string, path: string): Promise<Check> {
  const probe = join(path, `.write-test-${process.pid}`)
  try {
    await makeFolder(path)
    await writeFile(probe, '')
    await rm(probe)
    return {name, status: 'ok', found: path, remedy: null}
  } catch (error) {
    return {
      name,
      status: 'failed',
      found: error instanceof LanternError ? error.message : `${path} cannot be written: ${messageOf(error)}`,
      remedy:
        name === 'hub cache'
          ? 'Set HF_HOME to a folder you may write.'
          : 'Set LANTERN_EVAL_CACHE_DIR to a folder you may write.',
    }
  }
}

async function checkDisk(path: string): Promise<Check> {
  try {
    const {bavail, bsize} = await statfs(path).catch(() => statfs(homedir()))
    const free = bavail * bsize
    const low = free < lowDiskBytes
    return {
      name: 'free disk',
      status: low ? 'note' : 'ok',
      found: `${(free / 2 ** 30).toFixed(1)} GiB`,
      remedy: low
        ? 'A published 3B checkpoint takes about 8 GiB; `lantern-eval cache prune` removes files that can be made again.'
        : null,
    }
  } catch (error) {
    return {name: 'free disk', status: 'note', found: `is unknown: ${messageOf(error)}`, remedy: null}
  }
}

async function checkHub(env: Environment): Promise<Check> {
  if (env['HF_HUB_OFFLINE'] && env['HF_HUB_OFFLINE'] !== '0')
    return {name: 'hub', status: 'note', found: 'HF_HUB_OFFLINE is set; nothing is fetched', remedy: null}
  let endpoint = 'the hub'
  try {
    const {request} = await import('../hub/network.js')
    const {url, authorization} = hubEndpoint(env)
    endpoint = url
    const proxy = proxyFor(new URL(endpoint), env)
    const {statusCode, body} = await request(endpoint, {
      env,
      method: 'HEAD',
      ...(authorization !== undefined && {headers: {authorization}}),
      headersTimeout: hubTimeoutMs,
      signal: AbortSignal.timeout(hubTimeoutMs),
    })
    await body.dump()
    return {
      name: 'hub',
      status: 'ok',
      found: `${endpoint} answers (${statusCode})${proxy === null ? '' : ` through the proxy ${proxy.url}`}`,
      remedy: null,
    }
  } catch (error) {
    return {
      name: 'hub',
      status: 'note',
      found: `${endpoint} does not answer: ${messageOf(error)}`,
      remedy:
        'Only downloads need it; local data, checkpoints and endpoints work without it. For a mirror set HF_ENDPOINT, behind a proxy HTTPS_PROXY.',
    }
  }
}

/** Reports whether a variable is set, never its value. */
async function checkToken(
  name: string,
  env: Environment,
  variables: readonly string[],
  remedy: string,
): Promise<Check> {
  const found = variables.find(variable => (env[variable] ?? '').trim() !== '')
  return found === undefined
    ? {name, status: 'note', found: `${variables.join(', ')} is not set`, remedy}
    : {name, status: 'ok', found: `${found} is set`, remedy: null}
}
