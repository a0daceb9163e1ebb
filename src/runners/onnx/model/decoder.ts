// Runs the decoder graph: typed arrays in, typed arrays out.

import type {InferenceSession, Runtime, Tensor} from '../ort-session.js'
import type {Checkpoint, DecoderInput, DecoderOutput, KeyValue} from '../types.js'
import {deepstackFeeds} from './deepstack-feeds.js'

const noRows: KeyValue = {key: new Float32Array(0), value: new Float32Array(0)}

/** Returns a function that runs the decoder on a session; see DecoderInput for the three ways to call it. */
export function decoderOf(
  session: InferenceSession,
  TensorOf: Runtime['Tensor'],
  {text, head}: Pick<Checkpoint, 'text' | 'head'>,
): (input: DecoderInput) => Promise<DecoderOutput> {
  const {layers, hidden, kvHeads, headDim} = text
  const deltaNames = Array.from({length: layers}, (_, i) => [`delta.${i}.key`, `delta.${i}.value`] as const)

  return async input => {
    const {batch, length, past, totals, targets, want = {}} = input
    const rows = input.rows ?? lastRows(input)
    const capacity = past?.capacity ?? 0
    const cacheShape = [batch, kvHeads, capacity, headDim]
    const feeds: Record<string, Tensor> = {
      inputs_embeds: new TensorOf('float32', input.embeds, [batch, length, hidden]),
      position_ids: new TensorOf('int32', input.positions, [3, batch, length]),
      seqlens_k: new TensorOf(
        'int32',
        totals.map(total => total - 1),
        [batch],
      ),
      total_seq: new TensorOf('int32', Int32Array.of(totals.reduce((a, b) => Math.max(a, b))), []),
      past_bias: new TensorOf('float32', past?.bias ?? noRows.key, [batch, 1, 1, capacity]),
      rows: new TensorOf('int32', rows, [batch, rows.length / batch]),
      head_rows: new TensorOf('int64', BigInt64Array.of(BigInt(input.withoutTokens ? 0 : rows.length / batch)), [1]),
      targets: new TensorOf('int32', targets ?? new Int32Array(0), [batch, (targets?.length ?? 0) / batch]),
      ...deepstackFeeds(TensorOf, text, input.deepstack),
    }
    if (head !== null) {
      const latents = input.latents ?? new Uint8Array(rows.length)
      feeds['latents'] = new TensorOf('bool', latents, [batch, rows.length / batch])
    }
    for (let i = 0; i < layers; i++) {
      const {key, value} = past === null ? noRows : past.layers[i]!
      feeds[`past.${i}.key`] = new TensorOf('float32', key, cacheShape)
      feeds[`past.${i}.value`] = new TensorOf('float32', value, cacheShape)
    }
    const fetches = ['next_token', ...deltaNames.flat()]
    if (want.hidden) fetches.push('hidden_states')
    if (want.logits) fetches.push('logits')
    if (targets !== undefined) fetches.push('log_probs')

    const outputs = await session.run(feeds, fetches)
    const floats = (name: string) => outputs[name]!.data as Float32Array
    const delta: KeyValue[] = deltaNames.map(([key, value]) => ({key: floats(key), value: floats(value)}))
    return {
      nextTokens: outputs['next_token']!.data as Int32Array,
      ...(want.hidden && {hidden: floats('hidden_states')}),
      ...(want.logits && {logits: floats('logits')}),
      ...(targets !== undefined && {logProbs: floats('log_probs')}),
      delta,
    }
  }
}

/** [B, 1]: the last valid position of each row. Only a prefill has padding. */
function lastRows({length, past, totals}: DecoderInput): Int32Array {
  return totals.map(total => (past === null ? total : length) - 1)
}
