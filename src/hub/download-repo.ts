// Downloads files of a hub repository into the hub's cache. They are listed at a pinned commit, fetched, and linked
// into a snapshot once all are there.
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {z} from 'zod'
import {bytesWithin} from '../core/bytes-within.js'
import {LanternError, messageOf} from '../core/errors.js'
import {parseJson} from '../core/json.js'
import {limits} from '../core/limits.js'
import {printable} from '../core/printable.js'
import {redactor, secretsIn} from '../core/redact.js'
import {type Environment, type HubRepo, hubHome, linkSnapshot, repoFolder, resolveInHubCache} from './cache-layout.js'
import type {Digest} from './download-file.js'
import {type DownloadEvent, downloadFiles} from './download-files.js'
import {hubEndpoint} from './endpoint.js'
import {type Answer, type GetOptions, get, headerOf} from './http.js'

export interface DownloadOptions {
  readonly env: Environment
  /** Which files of the repository to fetch; all of them when absent. */
  readonly include?: (path: string) => boolean
  readonly signal?: AbortSignal
  readonly notify?: (event: DownloadEvent) => void
  /** Number of files downloaded at once. */
  readonly parallel?: number
  readonly retryMs?: number
}

export interface Downloaded {
  /** The snapshot, in which every requested file is complete and verified. */
  readonly folder: string
  readonly commit: string
  readonly files: number
  readonly bytes: number
  /** Bytes fetched over the network by this call. */
  readonly fetched: number
}

interface RemoteFile {
  readonly path: string
  readonly size: number
  readonly digest: Digest
}

/**
 * Downloads a repository, or the files of it that are missing. Throws LanternError: `data-absent` (offline, no such
 * repository, gated, unreachable), `disk` (not enough space, checked before the first byte), `bad-file` (a file with a
 * wrong hash). No error and no event holds a credential, whatever the server repeats.
 */
export async function downloadRepo(repo: HubRepo, options: DownloadOptions): Promise<Downloaded> {
  const {env, notify = () => {}} = options
  if (isOffline(env)) return offline(repo, env)
  const token = await readToken(env)
  const clean = redactor([...secretsIn(env), ...(token === undefined ? [] : [token])])
  const tell = (text: string) => printable(clean(text))
  try {
    return await download(repo, token, {
      ...options,
      notify: event => notify(event.type === 'retry' ? {...event, reason: tell(event.reason)} : event),
    })
  } catch (error) {
    if (!(error instanceof LanternError)) throw error
    const {code, message, suggestion} = error
    throw new LanternError(code, tell(message), suggestion === undefined ? undefined : tell(suggestion))
  }
}

async function download(
  repo: HubRepo,
  token: string | undefined,
  options: DownloadOptions & Required<Pick<DownloadOptions, 'notify'>>,
): Promise<Downloaded> {
  const {env, include = () => true, signal = new AbortController().signal, notify} = options
  const {url: endpoint, authorization = token && `Bearer ${token}`} = hubEndpoint(env)
  const access = {env, signal, ...(authorization === undefined ? {} : {authorization})}
  const {commit, files: all} = await listRepo(repo, endpoint, access)
  const files = all.filter(file => include(file.path))
  if (files.length === 0) {
    throw new LanternError(
      'data-absent',
      `${repo.name} at ${commit} has none of the wanted files.`,
      'Check the repository and its revision.',
    )
  }
  const blobs = join(repoFolder(repo, env), 'blobs')
  const base = `${endpoint}/${repo.kind === 'dataset' ? 'datasets/' : ''}${repo.name}/resolve/${commit}`
  const wanted = uniqueBlobs(files).map(({path, size, digest}) => ({
    name: path,
    url: `${base}/${path.split('/').map(encodeURIComponent).join('/')}`,
    target: join(blobs, digest.hex),
    size,
    digest,
  }))
  const bytes = wanted.reduce((total, {size}) => total + size, 0)
  const {parallel, retryMs} = options
  const fetched = await downloadFiles(wanted, {
    ...access,
    folder: blobs,
    notify,
    ...(parallel === undefined ? {} : {parallel}),
    ...(retryMs === undefined ? {} : {retryMs}),
  })
  const folder = await linkSnapshot(repo, commit, new Map(files.map(file => [file.path, file.digest.hex])), env)
  return {folder, commit, files: files.length, bytes, fetched}
}

/** HF_HUB_OFFLINE, in every spelling that huggingface_hub reads as true. */
export function isOffline(env: Environment): boolean {
  return /^(?:1|on|yes|true)$/i.test(env['HF_HUB_OFFLINE'] ?? '')
}

async function offline(repo: HubRepo, env: Environment): Promise<Downloaded> {
  const folder = await resolveInHubCache(repo, env)
  if (folder !== undefined) return {folder, commit: folder.split(/[/\\]/).at(-1)!, files: 0, bytes: 0, fetched: 0}
  throw new LanternError(
    'data-absent',
    `${repo.name} at ${repo.revision} is not in the hub cache, and HF_HUB_OFFLINE forbids fetching it.`,
    'Unset HF_HUB_OFFLINE, or copy the repository into the cache (lantern-eval cache dir).',
  )
}

/** HF_TOKEN, else the file written by `hf auth login`. */
async function readToken(env: Environment): Promise<string | undefined> {
  const token = env['HF_TOKEN']?.trim()
  if (token) return token
  const saved = await readFile(env['HF_TOKEN_PATH'] ?? join(hubHome(env), 'token'), 'utf8').catch(() => '')
  return saved.trim() || undefined
}

const infoSchema = z.looseObject({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  siblings: z.array(
    z.looseObject({
      rfilename: z.string(),
      size: z.number().int().nonnegative(),
      blobId: z.string().regex(/^[0-9a-f]{40}$/),
      lfs: z.looseObject({sha256: z.string().regex(/^[0-9a-f]{64}$/)}).nullish(),
    }),
  ),
})

async function listRepo(repo: HubRepo, endpoint: string, access: GetOptions) {
  const api = `${endpoint}/api/${repo.kind}s/${repo.name}`
  const revision = await fullRevision(repo, api, access)
  const body = await getJson(repo, `${api}/revision/${encodeURIComponent(revision)}?blobs=true`, access)
  const parsed = infoSchema.safeParse(body)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new LanternError(
      'data-absent',
      `${endpoint} does not describe ${repo.name} as the hub does (${issue.path.join('.')}: ${issue.message}).`,
      'Check HF_ENDPOINT.',
    )
  }
  const files = parsed.data.siblings.map(({rfilename, size, blobId, lfs}): RemoteFile => {
    if (rfilename.startsWith('/') || rfilename.split(/[/\\]/).includes('..')) {
      throw new LanternError(
        'bad-file',
        `${repo.name} lists the file ${rfilename}, which would lie outside its folder.`,
        'Do not use this repository.',
      )
    }
    return {
      path: rfilename,
      size,
      digest: lfs ? {algorithm: 'sha256', hex: lfs.sha256} : {algorithm: 'git-sha1', hex: blobId},
    }
  })
  return {commit: parsed.data.sha, files}
}

const commitsSchema = z.array(z.looseObject({id: z.string()}))

/** The hub accepts only full commit hashes. A shortened one is looked up among the commits of main. */
async function fullRevision(repo: HubRepo, api: string, access: GetOptions): Promise<string> {
  if (!/^[0-9a-f]{7,39}$/.test(repo.revision)) return repo.revision
  const commits = commitsSchema.safeParse(await getJson(repo, `${api}/commits/main`, access))
  return (commits.success && commits.data.find(({id}) => id.startsWith(repo.revision))?.id) || repo.revision
}

async function getJson(repo: HubRepo, url: string, access: GetOptions): Promise<unknown> {
  const {origin} = new URL(url)
  const bad = (what: string) =>
    new LanternError('data-absent', `The answer of ${origin} ${what}.`, 'Check HF_ENDPOINT.')
  const tooLong = () => bad(`has more than ${limits.jsonBytes >> 20} MB`)
  let answer: Answer
  let text: string
  try {
    answer = await get(url, access)
    text = (await bytesWithin(answer.body, limits.jsonBytes, tooLong)).toString('utf8')
  } catch (error) {
    if (error instanceof LanternError) throw error
    throw new LanternError(
      'data-absent',
      `${origin} cannot be reached: ${messageOf(error)}.`,
      'Check the network, HF_ENDPOINT and the proxy.',
    )
  }
  if (answer.status !== 200) throw explain(repo, answer, access.authorization !== undefined)
  return parseJson(text, bad)
}

/**
 * Explains why the hub refused a request. The reason is in `x-error-code` (huggingface/huggingface_hub:
 * utils/_http.py).
 */
function explain({kind, name, revision}: HubRepo, answer: Answer, known: boolean): LanternError {
  const code = headerOf(answer, 'x-error-code')
  const page = `https://huggingface.co/${kind === 'dataset' ? 'datasets/' : ''}${name}`
  if (code === 'GatedRepo') {
    const next = known ? 'check that HF_TOKEN belongs to that account' : 'set HF_TOKEN to a token of that account'
    return new LanternError(
      'data-absent',
      `${name} is gated: its owners require agreement to their terms.`,
      `Agree to its terms at ${page}, then ${next}.`,
    )
  }
  if (code === 'RevisionNotFound')
    return new LanternError('data-absent', `${name} has no revision ${revision}.`, `See the commits at ${page}.`)
  if (answer.status === 401 || answer.status === 403 || answer.status === 404) {
    const why = known
      ? 'it does not exist, or HF_TOKEN has no access to it'
      : 'it does not exist, or it is private and HF_TOKEN is not set'
    return new LanternError(
      'data-absent',
      `The hub does not serve ${name} (HTTP ${answer.status}): ${why}.`,
      `See ${page}.`,
    )
  }
  return new LanternError('data-absent', `The hub answered HTTP ${answer.status} for ${name}.`, 'Try again later.')
}

function uniqueBlobs(files: readonly RemoteFile[]): RemoteFile[] {
  return [...new Map(files.map(file => [file.digest.hex, file])).values()]
}
