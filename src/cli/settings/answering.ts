// Settings of endpoints and local checkpoints. The runners that read them know nothing of flags.

import {defaultBatchSize} from '../../runners/onnx/options.js'
import {defaultKeyVariable} from '../../runners/remote/endpoint.js'
import {pictureFetches} from '../../runners/smart-resize.js'
import {keyed} from './asked.js'
import {choice, choiceOrNumber, form, jsonObject, number, onOrOff, text, url, wholeNumber, written} from './kinds.js'
import {combined, one, Unfit, withDefault} from './setting.js'

const remote = {group: 'REMOTE'} as const
const local = {group: 'LOCAL'} as const

/** A header as RFC 9110 5.1 and 5.5 allow it, except those that the request itself sets. */
const header = written<readonly [name: string, value: string]>(
  "'Name: value'",
  "a header like 'Name: value'",
  line => {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/.exec(line)
    if (match === null || match[2] === '' || ownHeaders.test(match[1]!)) return undefined
    return [match[1]!.toLowerCase(), match[2]!]
  },
  {secret: true, pattern: /^[^\s:]+:/},
)

/** These headers describe the body and are set when it is sent. */
const ownHeaders = /^(?:host|connection|content-length|content-type|transfer-encoding|accept-encoding|expect|upgrade)$/i

function headersOf(lines: readonly (readonly [name: string, value: string])[]): Readonly<Record<string, string>> {
  const names = lines.map(([name]) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new Unfit(`gives the header ${twice} twice`, 'Give each header once.')
  return Object.fromEntries(lines)
}

const twoPrices = /^(\d+\.?\d*|\.\d+)\s*,\s*(\d+\.?\d*|\.\d+)$/

/** USD per million tokens. */
const price = written<{readonly input: number; readonly output: number}>(
  'IN,OUT',
  'two prices in USD per million tokens, e.g. 2.5,10',
  pair => {
    const parts = twoPrices.exec(pair)
    return parts === null ? undefined : {input: Number(parts[1]), output: Number(parts[2])}
  },
  {pattern: twoPrices},
)

export const remoteSettings = {
  'base-url': combined(url(true), keyed, 'Endpoint; with several remote models name each.', remote),
  'api-key-env': one(form('NAME', /^[A-Za-z_]\w*$/, 'the name of a variable'), 'Variable that holds the API key.', {
    ...remote,
    defaultNote: defaultKeyVariable,
  }),
  header: combined(header, headersOf, 'Sent with every request; its value is never shown. Repeatable.', {
    ...remote,
    commas: false,
  }),
  'extra-body': one(
    jsonObject('JSON', ['model', 'messages', 'stream']),
    'Fields merged into the body of every chat request; part of the lock.',
    remote,
  ),
  'observe-latents': withDefault(
    onOrOff,
    false,
    'Ask the endpoint for its latents, as `serve` gives them: interventions work, and records are as local ones.',
    remote,
  ),
  concurrency: withDefault(
    choiceOrNumber(['auto'], 'N', {min: 1, max: 4096}),
    'auto',
    'Requests in flight; auto adapts to what the endpoint can take.',
    remote,
  ),
  timeout: withDefault(number('S', {above: 0, max: 86_400}), 120, 'Seconds to wait for one reply.', remote),
  'max-retries': withDefault(wholeNumber('N', {min: 0}), 5, 'Tries after a failed request.', remote),
  'max-requests': one(wholeNumber('N', {min: 1}), 'Stop after this many requests.', remote),
  'max-cost': one(
    number('USD', {above: 0, max: 1e9}),
    'Stop at this cost in US dollars; needs --price if no price is known.',
    remote,
  ),
  price: one(price, 'USD per million tokens of prompts and of answers, if replies do not state their cost.', {
    ...remote,
    defaultNote: "OpenAI's list prices at its own endpoint",
  }),
  cache: one(onOrOff, 'Use the saved reply to an identical request.', {
    ...remote,
    negatable: true,
    defaultNote: 'on; off with --baseline',
  }),
}

export const localSettings = {
  device: withDefault(
    {...form('NAME', /^(?:cpu|cuda(?::\d+)?)$/, 'cpu, cuda or cuda:n'), near: ['cpu', 'cuda']},
    'cpu',
    'cpu, cuda or cuda:n.',
    local,
  ),
  adapter: one(
    text('DIR'),
    'LoRA adapter (a folder or hub:owner/name) to merge into the local checkpoint at load.',
    local,
  ),
  precision: one(choice('NAME', ['fp32', 'fp16', 'q8', 'q4']), 'Precision of local weights.', {
    ...local,
    defaultNote: 'fp32 on cpu, fp16 on cuda',
  }),
  weights: one(
    choice('NAME', ['mapped', 'packed']),
    'fp32 weights mapped from their files, or packed: faster, but 1.8 times the memory while loading.',
    {...local, defaultNote: 'mapped'},
  ),
  'latent-dtype': one(
    choice('NAME', ['fp32', 'bf16']),
    'Latents as they are computed, or rounded to bf16 where they are fed, as published loops in bf16 do.',
    {...local, defaultNote: 'as computed'},
  ),
  'picture-fetch': one(
    choice('NAME', pictureFetches),
    "The resize by qwen-vl-utils before the checkpoint's own: to multiples of 28 or 32, limited: within --min-pixels and --max-pixels.",
    {...local, defaultNote: "the architecture's official one; `model show` says it"},
  ),
  threads: one(wholeNumber('N', {min: 1}), 'Threads of the local runner.', {...local, defaultNote: 'all cores'}),
  'batch-size': one(wholeNumber('N', {min: 1}), 'Samples decoded together by the local runner.', {
    ...local,
    defaultNote: String(defaultBatchSize),
  }),
}
