// Where this program keeps what it can make again: graphs, replies. Downloads from the hub lie in the hub's own cache.
import envPaths from 'env-paths'

/** `LANTERN_EVAL_CACHE_DIR`, else the platform's cache folder for this program. */
export function cacheDir(env: Readonly<Record<string, string | undefined>>): string {
  return env['LANTERN_EVAL_CACHE_DIR'] ?? envPaths('lantern-eval', {suffix: ''}).cache
}
