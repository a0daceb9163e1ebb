// Asks a local endpoint through the remote runner: one session that is opened, fed to the end and closed.
import type {Generation, Request} from '../../src/core/generation.js'
import type {BudgetLimits} from '../../src/runners/budget.js'
import {Budget} from '../../src/runners/budget.js'
import type {RunnerOptions} from '../../src/runners/index.js'
import {openRunner} from '../../src/runners/index.js'
import type {CommonOptions} from '../../src/runners/runner.js'
import {runnerOptions} from './runner-options.js'

/** Common and remote options by their names alone. */
export type RemoteTestOptions = Partial<CommonOptions> & Partial<RunnerOptions['remote']> & BudgetLimits

/** `runnerOptions` for an endpoint at `url`. */
export function remoteOptions(more: RemoteTestOptions, url: string): RunnerOptions {
  const {maxRequests, maxCostUsd, seed = 0, benchmarks = [], keepLatents = false, env = {}, cacheDir = ''} = more
  const {minPixels, maxPixels, planOnly, notify = () => undefined, ...remote} = more
  return runnerOptions({
    common: {seed, benchmarks, keepLatents, env, cacheDir, minPixels, maxPixels, planOnly, notify},
    remote: {baseUrls: {'*': url}, budget: new Budget({maxRequests, maxCostUsd}), ...remote},
  })
}

/** A group of its own for each request. */
export async function* stream(requests: Iterable<Request>): AsyncGenerator<Request[]> {
  for (const one of requests) yield [one]
}

/** The generations of `openai:m`, in the order in which they come. */
export async function askEndpoint(
  requests: readonly Request[],
  options: RunnerOptions,
  signal: AbortSignal = new AbortController().signal,
): Promise<Generation[]> {
  const session = await openRunner('openai:m', options)
  const generations: Generation[] = []
  try {
    for await (const generation of session.generate(stream(requests), signal)) generations.push(generation)
  } finally {
    await session.close()
  }
  return generations
}
