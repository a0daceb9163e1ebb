// Local checkpoints: a folder, a repository in the hub's cache, or one that ships with the package.
import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {LanternError} from '../../core/errors.js'
import {parseRepo, resolveInHubCache} from '../../core/hub/cache-layout.js'
import {downloadRepo, isOffline} from '../../core/hub/download-repo.js'
import type {Runner, RunnerOptions} from '../runner.js'
import {openSession} from './session.js'

const hub = 'hub:'
const builtin = 'builtin:'

/** Where the models that ship with the package lie. */
export const builtinModels = fileURLToPath(new URL('../../../fixtures/models/', import.meta.url))

export const onnxRunner: Runner = {
  accepts: ref => ref.startsWith(hub) || ref.startsWith(builtin) || existsSync(ref) || /^[./~]/.test(ref),
  open: async (ref, options) => openSession(ref, await checkpointFolder(ref, options), options, ref.startsWith(builtin)),
}

/**
 * The folder a reference stands for; a hub repository that is not in the cache is downloaded when that is allowed.
 * Throws LanternError `usage`, or `data-absent` as the hub client does.
 */
export async function checkpointFolder(ref: string, {env, notify}: Pick<RunnerOptions, 'env' | 'notify'>): Promise<string> {
  if (ref.startsWith(builtin)) {
    const name = ref.slice(builtin.length)
    const dir = join(builtinModels, name)
    if (/^[\w-]+$/.test(name) && existsSync(dir)) return dir
    throw new LanternError('usage', `There is no built-in model named ${name}.`, 'See `lantern-eval model list`.')
  }
  if (!ref.startsWith(hub)) return ref
  const repo = parseRepo(ref.slice(hub.length), 'model')
  const cached = await resolveInHubCache(repo, env)
  if (cached !== undefined && (isOffline(env) || existsSync(join(cached, 'config.json')))) return cached
  const {folder} = await downloadRepo(repo, {
    env,
    include: path => /^[^/]*\.(json|safetensors|jinja)$/.test(path),
    notify: event => {
      if (event.type === 'progress') notify({type: 'loading', what: repo.name, done: event.done, total: event.total})
      else if (event.type === 'retry') notify({type: 'warning', message: `${event.file}: ${event.reason}; trying again.`})
    },
  })
  return folder
}
