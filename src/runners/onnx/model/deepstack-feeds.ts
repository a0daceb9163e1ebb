// The deepstack inputs of a graph as tensors. The graphs take them at every run, with no rows where there are none.
import type {Runtime, Tensor} from '../ort-session.js'
import type {DeepstackInput, TextConfig} from '../types.js'

const none: DeepstackInput = {places: new Int32Array(0), levels: []}

/** Feeds by the names of `deepstackInputs` (decoder-graph.ts); empty for a decoder without them. */
export function deepstackFeeds(
  TensorOf: Runtime['Tensor'],
  {deepstack, hidden}: TextConfig,
  {places, levels}: DeepstackInput = none,
): Record<string, Tensor> {
  if (deepstack === 0) return {}
  const rows = places.length / 2
  const feeds: Record<string, Tensor> = {deepstack_places: new TensorOf('int32', places, [rows, 2])}
  for (let level = 0; level < deepstack; level++)
    feeds[`deepstack.${level}`] = new TensorOf('float32', levels[level] ?? new Float32Array(0), [rows, hidden])
  return feeds
}
