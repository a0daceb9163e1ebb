// A built-in model as a row of the runners' contract, on the sources' thread or in the compiled code's worker.
import {builtinData} from '../../src/benchmarks/data-places.js'
import {hops} from '../../src/benchmarks/hops.js'
import {type Arm, armId, type Mode, type Request} from '../../src/core/generation.js'
import type {Sample} from '../../src/core/sample.js'
import {buildPrompt} from '../../src/modes/prompts.js'
import type {openRunner} from '../../src/runners/index.js'
import type {RunnerUnderTest} from './runner-contract.js'
import {runnerOptions} from './runner-options.js'

const ref = 'builtin:nano-latent'

/** Pictures and three arms a sample, so that prefill and features are shared. */
export async function checkpointUnderTest(open: typeof openRunner, cacheDir: string): Promise<RunnerUnderTest> {
  const data = await hops.load(builtinData('hops')!, {split: 'test', seed: 0})
  const samples: Sample[] = []
  for await (const sample of data.samples(new Set((await data.keys()).slice(0, 8).map(({id}) => id))))
    samples.push(sample)
  const arms = [armOf(ref, 'latent', 'own'), armOf(ref, 'latent', 'zeros'), armOf(ref, 'direct')]
  const options = runnerOptions({common: {cacheDir, benchmarks: ['hops']}, local: {threads: 1}})
  return {
    open: () => open(ref, options),
    group: n => requestsOf(samples[n % samples.length]!, arms, 12),
    failing() {
      const broken = {source: 'x.png', orientation: 'ignore' as const, bytes: async () => Uint8Array.of(1, 2, 3)}
      return requestsOf({...samples[0]!, id: 'broken', images: [broken]}, arms, 12)
    },
  }
}

export function armOf(model: string, mode: Mode, intervention: string | null = null): Arm {
  const [protocol, latentSize] = mode === 'latent' ? (['lantern', 5] as const) : [null, null]
  const arm = {model, mode, protocol, latentSize, intervention}
  return {...arm, id: armId(arm)}
}

/** One request of a sample for each arm. */
export function requestsOf(sample: Sample, arms: readonly Arm[], maxNewTokens: number): Request[] {
  return arms.map(arm => ({
    sample,
    arm,
    prompt: buildPrompt(sample, arm.mode, hops.prompts['lantern-eval']),
    decoding: {maxNewTokens, temperature: 0, seed: 0},
  }))
}
