// The floor of a decode step: the products of its rows with every matrix that the step reads, and nothing else, from
// the same files and held in the same way.
import {tensorsOf} from '../../src/runners/onnx/model/graph-tensors.js'
import {lowPrecisionWeights, mappableWeights} from '../../src/runners/onnx/model/low-precision.js'
import {Graph} from '../../src/runners/onnx/onnx-writer.js'
import {createSession, loadRuntime} from '../../src/runners/onnx/ort-session.js'
import {placeWeights} from '../../src/runners/onnx/placement.js'
import type {Checkpoint, LoadOptions} from '../../src/runners/onnx/types.js'
import {Weights} from '../../src/runners/onnx/weights.js'

/**
 * Returns a function that computes all products of `rows` rows once. The model must have been loaded before with these
 * options.
 */
export async function bareProducts(
  checkpoint: Checkpoint,
  options: LoadOptions,
  rows = 1,
): Promise<() => Promise<unknown>> {
  const {precision, cacheDir, threads, weights = 'mapped'} = options
  const {decoder} = tensorsOf(checkpoint)
  const tensors =
    precision !== 'fp32'
      ? (await lowPrecisionWeights(checkpoint, decoder, precision, options)).tensors
      : weights === 'mapped'
        ? await mappableWeights(checkpoint, 'decoder', decoder, options)
        : decoder
  const {folder, locate} = await placeWeights([...new Set([...tensors.values()].map(({file}) => file))], cacheDir)
  const placed = new Weights(tensors, locate, 'f32')
  const {Tensor} = await loadRuntime()
  const g = new Graph('bare')
  const feeds: Record<string, InstanceType<typeof Tensor>> = {}
  const largest: string[] = []
  for (const [name, {shape}] of decoder) {
    const isTable = name === 'model.embed_tokens.weight' && !checkpoint.text.tied
    if (shape.length !== 2 || isTable) continue
    const inputs = shape[1]!
    const x = `x${inputs}`
    if (feeds[x] === undefined) {
      g.input(x, 'f32', [rows, inputs])
      feeds[x] = new Tensor('float32', new Float32Array(rows * inputs).fill(0.5), [rows, inputs])
    }
    largest.push(g.op('ReduceMax', [placed.linear(g, x, name.replace(/\.weight$/, ''))], {keepdims: 0}))
  }
  g.output('y', g.op('Max', largest), 'f32', [])
  const inF32 = [...tensors.values()].every(({type}) => type === 'F32')
  const session = await createSession(g.encode(), {
    device: {provider: 'cpu', index: 0},
    folder,
    mapped: weights === 'mapped' && inF32,
    ...(threads !== undefined && {threads}),
  })
  return () => session.run(feeds)
}
