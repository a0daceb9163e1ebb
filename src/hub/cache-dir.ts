// The cache folder for what this program can make again: graphs and replies. Hub downloads go to the hub's own cache
// instead.
import envPaths from 'env-paths'

/** `LANTERN_EVAL_CACHE_DIR`, else the platform's cache folder for this program. */
export function cacheDir(env: Readonly<Record<string, string | undefined>>): string {
  return env['LANTERN_EVAL_CACHE_DIR'] ?? envPaths('lantern-eval', {suffix: ''}).cache
}
