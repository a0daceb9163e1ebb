// A whole greedy generation in one run: an ONNX `Loop` around the decoder, so that on a GPU the cache never leaves the
// device.
// Iteration 0 is the prefill, and each later one is a step. The latent block rules of `lantern` are part of the graph
// (latent-reasoning.md 1.2): START opens a block, K states are fed back under PAD, and END is forced. Sampling,
// penalties and interventions are not part of it; they take the step path.
// Shapes: B rows, S prompt length (right-padded), H hidden, kv key-value heads, d head size, T generated positions.
import {type ElementType, Graph} from '../onnx-writer.js'
import type {TextConfig} from '../types.js'
import type {Weights} from '../weights.js'
import {
  type Attend,
  type DeepStack,
  decoderForward,
  deepstackInputs,
  groupQueryAttention,
  head,
} from './decoder-graph.js'

/**
 * Inputs: those of LoopInput (types.ts), plus `markers` i64 [3] (START, PAD, END) and `eos` i64 [E].
 * Outputs: `tokens` i32 [T,B], `fed` bool [T,B] (true where the state was fed back), `hiddens` f32 [T,B,H] (the state
 * that chose each token).
 */
export function loopGraph(config: TextConfig, weights: Weights): Uint8Array {
  const {layers, hidden, kvHeads, headDim} = config
  const g = new Graph('generation')
  const embeds = g.input('inputs_embeds', 'f32', ['B', 'S', hidden])
  const positions = g.input('position_ids', 'i32', [3, 'B', 'S'])
  const lengths = g.input('lengths', 'i32', ['B'])
  const nextPositions = g.input('next_positions', 'i32', ['B'])
  const budgets = g.op('Cast', [g.input('latent_sizes', 'i32', ['B'])], {to: 7}) // -1: START is an ordinary token
  const markers = g.input('markers', 'i64', [3])
  const eos = g.input('eos', 'i64', ['E'])
  const maxNewTokens = g.input('max_new_tokens', 'i64', [])
  const deepstack = deepstackInputs(g, config, weights)
  const [start, pad, end] = [0, 1, 2].map(i => g.op('Gather', [markers, g.scalar('i64', i)])) as [
    string,
    string,
    string,
  ]
  const anyEos = g.op('Gather', [eos, g.scalar('i64', 0)])
  const table = weights.tensor(g, 'model.embed_tokens.weight') // [V,H]

  const body = new Graph('step', g)
  const iteration = body.input('iteration', 'i64', [])
  body.input('go_on', 'bool', [])
  const x = body.input('x', weights.compute) // [B,S,H], then [B,1,H]
  const at = body.input('at', 'i32') // [3,B,S], then [3,B,1]
  const totals = body.input('totals', 'i32', ['B']) // valid positions of each row, this iteration's included
  const next = body.input('next', 'i32', ['B']) // rotary position of the next token
  const fedSoFar = body.input('fed_so_far', 'i64', ['B']) // latents fed in the open block; -1 outside of one
  const finished = body.input('finished', 'bool', ['B'])
  const cacheNames = Array.from({length: layers}, (_, i) => [`key.${i}`, `value.${i}`] as const)
  for (const name of cacheNames.flat()) body.input(name, weights.compute) // [B,kv,P,d], P grows

  const one = body.scalar('i32', 1)
  const lastIndex = body.op('Sub', [totals, one])
  const longest = body.op('ReduceMax', [totals], {keepdims: 0})
  const grown: string[] = []
  const attend: Attend = (layer, q, k, v) => {
    const inputs = [q, k, v, ...cacheNames[layer]!, lastIndex, longest]
    const [attended, key, value] = groupQueryAttention(body, config, inputs)
    grown.push(key, value)
    return attended
  }
  const inPrefill = deepstack && firstIterationOnly(body, iteration, deepstack)
  const states = decoderForward(body, config, weights, x, at, attend, {deepstack: inPrefill}) // [B,S,H]
  // The last valid state. Only the prefill has padding.
  const isStep = body.op('Equal', [
    body.op('Gather', [body.op('Shape', [x]), body.scalar('i64', 1)]),
    body.scalar('i64', 1),
  ])
  const lastRow = body.op('Where', [isStep, body.scalar('i32', 0), lastIndex])
  const lastRow64 = body.op('Unsqueeze', [body.op('Cast', [lastRow], {to: 7}), body.constant('i64', [1])])
  const state = body.op('GatherND', [states, lastRow64], {batch_dims: 1}) // [B,H]
  const chosen = body.op('ArgMax', [weights.toF32(body, head(body, config, weights, state))], {axis: -1, keepdims: 0}) // [B]

  const not = (a: string) => body.op('Not', [a])
  const and = (a: string, b: string) => body.op('And', [a, b])
  const where = (condition: string, a: string, b: string) => body.op('Where', [condition, a, b])
  const outside = body.op('Less', [fedSoFar, body.scalar('i64', 0)])
  const usesLatents = body.op('GreaterOrEqual', [budgets, body.scalar('i64', 0)])
  const opens = and(and(outside, usesLatents), body.op('Equal', [chosen, start]))
  const hasBudget = body.op('Less', [fedSoFar, budgets])
  const feeds = and(and(not(outside), hasBudget), not(finished))
  const closes = and(not(outside), not(hasBudget))
  const ruled = where(feeds, pad, where(closes, end, chosen))
  const token = where(finished, anyEos, ruled) // [B]
  const counted = body.op('Add', [fedSoFar, body.op('Cast', [feeds], {to: 7})])
  const fedNow = where(opens, body.scalar('i64', 0), where(closes, body.scalar('i64', -1), counted))
  const embedded = where(
    body.op('Unsqueeze', [feeds, body.constant('i64', [1])]),
    state,
    body.op('Gather', [table, token], {axis: 0}),
  )
  const matches = body.op('Equal', [body.op('Unsqueeze', [token, body.constant('i64', [1])]), eos]) // [B,E]
  const anyOf = (flags: string, axes: number[]) => {
    const most = body.op('ReduceMax', [body.op('Cast', [flags], {to: 6})], {axes, keepdims: 0})
    return body.op('Cast', [most], {to: 9})
  }
  const finishedNow = body.op('Or', [finished, anyOf(matches, [1])])

  const nextAt = body.op('Expand', [
    body.op('Unsqueeze', [next, body.constant('i64', [0, 2])]),
    body.constant('i64', [3, 1, 1]),
  ]) // [3,B,1]
  const outputs: [name: string, value: string, type: ElementType][] = [
    ['go_on_next', anyOf(not(finishedNow), [0]), 'bool'],
    ['x_next', body.op('Unsqueeze', [embedded, body.constant('i64', [1])]), weights.compute],
    ['at_next', nextAt, 'i32'],
    ['totals_next', body.op('Add', [totals, one]), 'i32'],
    ['next_next', body.op('Add', [next, one]), 'i32'],
    ['fed_next', fedNow, 'i64'],
    ['finished_next', finishedNow, 'bool'],
    ...grown.map((value, i): [string, string, ElementType] => [`grown.${i}`, value, weights.compute]),
    ['token_out', body.op('Cast', [token], {to: 6}), 'i32'],
    ['fed_out', feeds, 'bool'],
    ['state_out', weights.toF32(body, state), 'f32'],
  ]
  for (const output of outputs) body.output(...output)

  const batch = g.op('Shape', [lengths]) // [B]
  const filled = (value: string) => g.op('Expand', [value, batch])
  const emptyCache = g.op('Concat', [batch, g.constant('i64', [kvHeads, 0, headDim])], {axis: 0})
  const empty = weights.fromF32(g, g.op('Expand', [g.scalar('f32', 0), emptyCache])) // [B,kv,0,d]
  const initial = [
    weights.fromF32(g, embeds),
    positions,
    lengths,
    nextPositions,
    filled(g.scalar('i64', -1)),
    filled(g.scalar('bool', 0)),
    ...cacheNames.flat().map(() => empty),
  ]
  const loop = ['Loop', [maxNewTokens, g.scalar('bool', 1), ...initial], {body}] as const
  const [tokens, fed, hiddens] = g
    .ops(...loop, [...initial.map(() => true), true, true, true])
    .slice(initial.length) as [string, string, string]
  g.output('tokens', tokens, 'i32', ['T', 'B'])
  g.output('fed', fed, 'bool', ['T', 'B'])
  g.output('hiddens', hiddens, 'f32', ['T', 'B', hidden])
  return g.encode()
}

/** The features at iteration 0, and no rows later: a slice that ends after 0 rows. */
function firstIterationOnly(body: Graph, iteration: string, {places, levels}: DeepStack): DeepStack {
  const [zero, axis] = [body.constant('i64', [0]), body.constant('i64', [0])]
  const all = body.op('Gather', [body.op('Shape', [places]), zero])
  const isPrefill = body.op('Equal', [iteration, body.scalar('i64', 0)])
  const end = body.op('Where', [isPrefill, all, zero])
  const upTo = (x: string) => body.op('Slice', [x, zero, end, axis])
  return {places: upTo(places), levels: levels.map(upTo)}
}
