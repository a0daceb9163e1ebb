// Options for runners under test: quiet, offline, nothing cached; a test names what it is about.
import type {RunnerOptions} from '../../src/runners/index.js'
import type {CommonOptions} from '../../src/runners/runner.js'

export interface OptionsOfTest {
  readonly common?: Partial<CommonOptions>
  readonly local?: Partial<RunnerOptions['local']>
  readonly remote?: Partial<RunnerOptions['remote']>
}

/** Eight requests in flight and no retries. */
export function runnerOptions({common, local, remote}: OptionsOfTest = {}): RunnerOptions {
  return {
    common: {seed: 0, benchmarks: [], keepLatents: false, env: {}, cacheDir: '', notify: () => undefined, ...common},
    local: {device: 'cpu', ...local},
    remote: {baseUrls: {}, concurrency: 8, timeoutMs: 5000, maxRetries: 0, cache: false, ...remote},
  }
}
