// Asks a local endpoint through the remote runner: opens a session, feeds it all requests and closes it.
import type {Generation, Request} from '../../src/core/generation.js'
import {openRunner} from '../../src/runners/index.js'
import type {RunnerOptions} from '../../src/runners/runner.js'

/** Defaults for most tests: eight in flight, no retries, no cache. `more` holds what a test is about. */
export function remoteOptions(
  more: Pick<RunnerOptions, 'cacheDir' | 'notify' | 'benchmarks'> & Partial<RunnerOptions>,
  url: string,
): RunnerOptions {
  return {
    device: 'cpu',
    baseUrls: {'*': url},
    concurrency: 8,
    timeoutMs: 5000,
    maxRetries: 0,
    cache: false,
    keepLatents: false,
    seed: 0,
    env: {},
    ...more,
  }
}

/** Puts each request into a separate group. */
export async function* stream(requests: Iterable<Request>): AsyncGenerator<Request[]> {
  for (const one of requests) yield [one]
}

/** The generations of `openai:m`, in order of arrival. */
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
