// The flags of `run`, in the groups of its help, and their translation into a specification.
import {readFile} from 'node:fs/promises'
import {Flags, type Interfaces} from '@oclif/core'
import {parseOptionOrders} from '../benchmarks/option-orders.js'
import {LanternError, messageOf} from '../core/errors.js'
import {type Intervention, interventions, type Mode, modes} from '../core/generation.js'
import {parseShard} from '../evaluation/selection.js'
import type {ModelChoice, RunSpec} from '../evaluation/spec.js'
import {cacheDir} from '../hub/cache-dir.js'
import {extractorNames} from '../metrics/extraction/index.js'
import {promptStyles} from '../modes/prompts.js'
import {remoteScheme} from '../runners/remote/endpoint.js'
import {controlModels} from './control-models.js'
import {dataFlagIn, dataFolders, keyed, withVariables} from './flags.js'

const list = {multiple: true, delimiter: ','} as const

export const runFlags = withVariables({
  bench: Flags.string({
    ...list,
    summary: 'Benchmark: blink, vstar, viscot, hops; ID:Subtask selects one subtask.',
    helpGroup: 'WHAT',
    helpValue: 'ID',
  }),
  model: Flags.string({
    ...list,
    summary: 'DIR (checkpoint), hub:owner/name[@rev], openai:NAME, replay:PATH, builtin:NAME.',
    helpGroup: 'WHAT',
    helpValue: 'REF',
  }),
  mode: Flags.option({options: modes})({
    ...list,
    summary: 'How the model is asked to think; the default is latent for a checkpoint with latent ids, else direct.',
    helpGroup: 'WHAT',
  }),
  protocol: Flags.string({
    summary: 'Latent protocol; the default is what the checkpoint says.',
    helpGroup: 'WHAT',
    helpValue: 'NAME',
  }),
  'latent-size': Flags.integer({
    min: 0,
    summary: 'Latents per block (K); the default is what the checkpoint says.',
    helpGroup: 'WHAT',
    helpValue: 'K',
  }),
  intervention: Flags.option({options: interventions})({
    ...list,
    summary: 'What is done to the latents of latent arms; default own.',
    helpGroup: 'WHAT',
  }),
  'latents-from': Flags.directory({
    summary: 'Run saved with --save-latents, whose latents feed mean, swap, shuffle and matched-noise.',
    helpGroup: 'WHAT',
    helpValue: 'RUN',
  }),

  data: dataFlagIn('SAMPLES'),
  split: Flags.string({
    summary: "Split; the default is the benchmark's usual one (val; test for V*).",
    helpGroup: 'SAMPLES',
    helpValue: 'NAME',
  }),
  sample: Flags.string({...list, summary: 'Only these sample ids.', helpGroup: 'SAMPLES', helpValue: 'ID'}),
  'samples-file': Flags.file({summary: 'File with one sample id a line.', helpGroup: 'SAMPLES', helpValue: 'F'}),
  limit: Flags.integer({
    min: 1,
    summary: 'At most N samples per benchmark, stratified over its subtasks and seeded.',
    helpGroup: 'SAMPLES',
    helpValue: 'N',
  }),
  seed: Flags.integer({default: 0, summary: 'Seed of every random choice.', helpGroup: 'SAMPLES', helpValue: 'N'}),
  shard: Flags.string({
    summary: 'Only the i-th of n disjoint parts, 1-based; join them with `merge`.',
    helpGroup: 'SAMPLES',
    helpValue: 'i/n',
  }),
  options: Flags.string({
    default: 'file',
    summary: 'Ask each choice under several option orders: shuffle:N or circular.',
    helpGroup: 'SAMPLES',
    helpValue: 'ORDER',
  }),

  'prompt-style': Flags.option({options: promptStyles})({
    default: 'official' as const,
    summary: 'Question and options as this peer writes them.',
    helpGroup: 'ASKING',
  }),
  'max-new-tokens': Flags.integer({
    min: 1,
    summary: 'Token budget; default 16 for direct, 1024 for text-cot, 512 for latent.',
    helpGroup: 'ASKING',
    helpValue: 'N',
  }),
  temperature: Flags.string({
    default: '0',
    summary: 'Sampling temperature; 0 is greedy.',
    helpGroup: 'ASKING',
    helpValue: 'X',
  }),
  'top-p': Flags.string({summary: 'Nucleus sampling.', helpGroup: 'ASKING', helpValue: 'X'}),
  'top-k': Flags.integer({min: 1, summary: 'Sample among the k best tokens.', helpGroup: 'ASKING', helpValue: 'N'}),
  'max-pixels': Flags.integer({
    min: 784,
    summary: 'Shrink larger pictures to this many pixels.',
    helpGroup: 'ASKING',
    helpValue: 'N',
  }),
  'min-pixels': Flags.integer({
    min: 784,
    summary: 'Enlarge smaller pictures to this many pixels (local checkpoints).',
    helpGroup: 'ASKING',
    helpValue: 'N',
  }),

  extractor: Flags.option({options: extractorNames})({
    default: 'lantern-eval' as const,
    summary: 'Rule that reads the answer out of the text.',
    helpGroup: 'SCORING',
  }),
  'extractor-panel': Flags.boolean({
    summary: 'Also show the range of the score over several extractors.',
    helpGroup: 'SCORING',
  }),
  judge: Flags.string({
    summary: 'Judge for open answers, e.g. openai:gpt-4o-mini.',
    helpGroup: 'SCORING',
    helpValue: 'REF',
  }),
  'judge-base-url': Flags.string({
    summary: "The judge's endpoint, if it is another one.",
    helpGroup: 'SCORING',
    helpValue: 'URL',
  }),

  'base-url': Flags.string({
    ...list,
    summary: 'Endpoint; with several remote models name each.',
    helpGroup: 'REMOTE',
    helpValue: '[NAME=]URL',
  }),
  'api-key-env': Flags.string({
    summary: 'Variable that holds the API key; default OPENAI_API_KEY.',
    helpGroup: 'REMOTE',
    helpValue: 'NAME',
  }),
  concurrency: Flags.string({
    default: 'auto',
    summary: 'Requests in flight; auto adapts to what the endpoint bears.',
    helpGroup: 'REMOTE',
    helpValue: 'N|auto',
  }),
  timeout: Flags.integer({
    min: 1,
    default: 120,
    summary: 'Seconds to wait for one reply.',
    helpGroup: 'REMOTE',
    helpValue: 'S',
  }),
  'max-retries': Flags.integer({
    min: 0,
    default: 5,
    summary: 'Tries after a failed request.',
    helpGroup: 'REMOTE',
    helpValue: 'N',
  }),
  'max-requests': Flags.integer({
    min: 1,
    summary: 'Stop after this many requests.',
    helpGroup: 'REMOTE',
    helpValue: 'N',
  }),
  'max-cost': Flags.string({
    summary: 'Stop at this cost in US dollars, where the price is known.',
    helpGroup: 'REMOTE',
    helpValue: 'USD',
  }),
  'no-cache': Flags.boolean({
    summary: 'Ask again even where the reply to an identical request is saved.',
    helpGroup: 'REMOTE',
  }),

  device: Flags.string({default: 'cpu', summary: 'cpu, cuda or cuda:n.', helpGroup: 'LOCAL', helpValue: 'NAME'}),
  precision: Flags.option({options: ['fp32', 'fp16', 'q8', 'q4'] as const})({
    summary: 'Precision of local weights.',
    helpGroup: 'LOCAL',
  }),
  weights: Flags.option({options: ['mapped', 'packed'] as const})({
    summary: 'fp32 weights as pages of their files (default), or packed: faster, 1.8 times the memory while loading.',
    helpGroup: 'LOCAL',
  }),
  threads: Flags.integer({
    min: 1,
    summary: 'Threads of the local runner; the default is all cores.',
    helpGroup: 'LOCAL',
    helpValue: 'N',
  }),
  'batch-size': Flags.integer({
    min: 1,
    summary: 'Samples decoded together by the local runner.',
    helpGroup: 'LOCAL',
    helpValue: 'N',
  }),

  out: Flags.string({
    summary: 'Run folder; the default is named after the run and its lock, so the same command resumes.',
    helpGroup: 'RESULTS',
    helpValue: 'DIR',
  }),
  format: Flags.string({
    ...list,
    summary: 'Write a table: markdown, csv, json, junit or github.',
    helpGroup: 'RESULTS',
    helpValue: 'FMT=PATH',
  }),
  'save-latents': Flags.boolean({summary: 'Keep the latents as safetensors in the run folder.', helpGroup: 'RESULTS'}),
  'max-error-rate': Flags.string({
    default: '0.05',
    summary: 'Exit 4 when more samples than this fail.',
    helpGroup: 'RESULTS',
    helpValue: 'X',
  }),
  baseline: Flags.string({summary: 'Compare with this run at the end.', helpGroup: 'RESULTS', helpValue: 'RUN'}),
  'fail-on': Flags.option({options: ['regression'] as const})({
    summary: 'Gate: exit 1 on a shown regression against --baseline, 3 when undecided.',
    helpGroup: 'RESULTS',
    dependsOn: ['baseline'],
  }),
  margin: Flags.string({
    default: '2pp',
    summary: 'Loss that the gate tolerates.',
    helpGroup: 'RESULTS',
    helpValue: 'Xpp',
  }),
  alpha: Flags.string({
    default: '0.05',
    summary: 'Error rate of each one-sided bound.',
    helpGroup: 'RESULTS',
    helpValue: 'X',
  }),
  'dry-run': Flags.boolean({
    summary: 'Show the plan: items, requests, tokens, cost where known, the lock hash; nothing is sent.',
    helpGroup: 'RESULTS',
  }),
})

export type RunFlags = Interfaces.InferredFlags<typeof runFlags>

/** A number of a flag within bounds. Throws `usage`. */
export function number(flag: string, text: string, low: number, high: number): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= low && value <= high) return value
  throw new LanternError(
    'usage',
    `--${flag} ${text} is not a number from ${low} to ${high}.`,
    'See `lantern-eval run --help`.',
  )
}

/** The specification that the flags of `run` describe. Throws `usage` for values that do not fit. */
export async function toSpec(flags: RunFlags, env: Readonly<Record<string, string | undefined>>): Promise<RunSpec> {
  const models =
    flags.model?.map((ref): ModelChoice => ({ref, modes: flags.mode as Mode[] | undefined})) ??
    (await controlModels(flags.mode as Mode[] | undefined))
  const optional = (flag: string, text: string | undefined, low: number, high: number) =>
    text === undefined ? undefined : number(flag, text, low, high)
  return {
    models,
    benchmarks: benchmarksOf(flags.bench, flags.model === undefined),
    data: dataFolders(flags.data),
    split: flags.split,
    ids: await idsOf(flags.sample, flags['samples-file']),
    limit: flags.limit,
    seed: flags.seed,
    shard: flags.shard === undefined ? null : parseShard(flags.shard),
    optionOrders: parseOptionOrders(flags.options),
    protocol: flags.protocol,
    latentSize: flags['latent-size'],
    interventions: (flags.intervention as Intervention[] | undefined) ?? ['own'],
    promptStyle: flags['prompt-style'],
    extractor: flags.extractor,
    judge: flags.judge === undefined ? undefined : {ref: flags.judge, baseUrl: flags['judge-base-url']},
    decoding: {
      maxNewTokens: flags['max-new-tokens'],
      temperature: number('temperature', flags.temperature, 0, 10),
      topP: optional('top-p', flags['top-p'], 0, 1),
      topK: flags['top-k'],
    },
    saveLatents: flags['save-latents'],
    maxErrorRate: number('max-error-rate', flags['max-error-rate'], 0, 1),
    out: flags.out,
    runner: {
      device: flags.device,
      precision: flags.precision,
      weights: flags.weights,
      threads: flags.threads,
      batchSize: flags['batch-size'],
      minPixels: flags['min-pixels'],
      maxPixels: flags['max-pixels'],
      baseUrls: endpointsOf(flags['base-url'], [
        ...(flags.model ?? []),
        ...(flags.judge && !flags['judge-base-url'] ? [flags.judge] : []),
      ]),
      apiKeyEnv: flags['api-key-env'],
      concurrency:
        flags.concurrency === 'auto' ? 'auto' : Math.trunc(number('concurrency', flags.concurrency, 1, 4096)),
      timeoutMs: flags.timeout * 1000,
      maxRetries: flags['max-retries'],
      maxRequests: flags['max-requests'],
      maxCostUsd: optional('max-cost', flags['max-cost'], 0, 1e9),
      cache: !flags['no-cache'],
      cacheDir: cacheDir(env),
      latentBank: flags['latents-from'],
      planOnly: flags['dry-run'],
      env,
    },
  }
}

/**
 * Endpoints by model name. Throws `usage` where some are given and a model has none of them, as after a misspelling: it
 * would be asked elsewhere, with the key for there.
 */
function endpointsOf(values: readonly string[] | undefined, refs: readonly string[]): Record<string, string> {
  const plain = (name: string) => (name.startsWith(remoteScheme) ? name.slice(remoteScheme.length) : name)
  const urls = Object.fromEntries(Object.entries(keyed('base-url', values)).map(([name, url]) => [plain(name), url]))
  const given = Object.keys(urls)
  const without = refs
    .filter(ref => ref.startsWith(remoteScheme))
    .find(ref => !given.includes('*') && !given.includes(plain(ref)))
  if (given.length === 0 || without === undefined) return urls
  throw new LanternError(
    'usage',
    `--base-url is given for ${given.join(', ')}, and not for ${plain(without)}.`,
    `Add --base-url ${plain(without)}=URL, or one without a name for all others.`,
  )
}

/** What the built-in models are asked when nothing is named: one subtask per number of hops. */
const shownHops = [0, 1, 2, 3, 4].map(steps => `hops-${steps}`)

/**
 * `blink:Counting,blink:Jigsaw,vstar` -> one entry per benchmark. Without `--bench`: hops for the built-in models, else
 * an error.
 */
function benchmarksOf(given: readonly string[] | undefined, builtinModels: boolean): RunSpec['benchmarks'] {
  if (given === undefined) {
    if (builtinModels) return [{id: 'hops', subtasks: shownHops}]
    throw new LanternError('usage', 'No benchmark is named.', 'Add --bench blink, vstar, viscot or hops.')
  }
  const byId = new Map<string, string[] | undefined>()
  for (const one of given) {
    const [id, subtask] = [one.split(':', 1)[0]!, one.includes(':') ? one.slice(one.indexOf(':') + 1) : undefined]
    const before = byId.get(id)
    // The whole benchmark, once asked for, includes its subtasks.
    byId.set(
      id,
      subtask === undefined || (byId.has(id) && before === undefined) ? undefined : [...(before ?? []), subtask],
    )
  }
  return [...byId].map(([id, subtasks]) => ({id, subtasks}))
}

async function idsOf(ids: readonly string[] | undefined, file: string | undefined): Promise<string[] | undefined> {
  if (file === undefined) return ids === undefined ? undefined : [...ids]
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new LanternError(
      'bad-file',
      `The samples file ${file} cannot be read: ${messageOf(error)}.`,
      'Check --samples-file.',
    )
  }
  const listed = text
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
  if (listed.length === 0)
    throw new LanternError('bad-file', `The samples file ${file} names no sample.`, 'Write one sample id a line.')
  return [...(ids ?? []), ...listed]
}
