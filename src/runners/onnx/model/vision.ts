// Runs the vision graph: the pixel values of one picture in, its image tokens out.
import {architectureOf} from '../architectures.js'
import type {InferenceSession, Runtime} from '../ort-session.js'
import type {Checkpoint, Model} from '../types.js'
import {patchElements} from './vision-parts.js'

/** See Model.vision. */
export function visionOf(
  session: InferenceSession,
  TensorOf: Runtime['Tensor'],
  checkpoint: Pick<Checkpoint, 'architecture' | 'vision' | 'text'>,
): Model['vision'] {
  const {vision, text} = checkpoint
  const architecture = architectureOf(checkpoint)
  const levels = Array.from({length: text.deepstack}, (_, level) => `deepstack.${level}`)
  return async (pixelValues, grid) => {
    const plan = Object.entries(architecture.visionPlan(grid, vision)).map(([name, {values, shape}]) => {
      const type = values instanceof Int32Array ? 'int32' : 'float32'
      return [name, new TensorOf(type, values, shape)]
    })
    const outputs = await session.run({
      pixel_values: new TensorOf('float32', pixelValues, [grid.rows * grid.columns, patchElements(vision)]),
      ...Object.fromEntries(plan),
    })
    const floats = (name: string) => outputs[name]!.data as Float32Array
    return {features: floats('image_features'), deepstack: levels.map(floats)}
  }
}
