// Runs the vision graph: the pixel values of one picture in, its image tokens out.
import type {InferenceSession, Runtime} from '../ort-session.js'
import type {Checkpoint, Model} from '../types.js'
import {visionPlan} from '../qwen2-5-vl/vision-plan.js'

/** Pixel values [N, channels * temporal * patch * patch] -> image features [N / merge^2, H], flattened. */
export function visionOf(
  session: InferenceSession,
  TensorOf: Runtime['Tensor'],
  {vision}: Checkpoint,
): Model['vision'] {
  const patchElements = vision.channels * vision.temporalPatch * vision.patch * vision.patch
  return async (pixelValues, {rows, columns}) => {
    const plan = visionPlan(rows, columns, vision)
    const patches = rows * columns
    const inWindows = [plan.windowCount, plan.windowLength]
    const outputs = await session.run({
      pixel_values: new TensorOf('float32', pixelValues, [patches, patchElements]),
      order: new TensorOf('int32', plan.order, [patches]),
      places: new TensorOf('float32', plan.places, [patches, 2]),
      windows: new TensorOf('int32', plan.windows, inWindows),
      mask: new TensorOf('int32', plan.mask, inWindows),
      from_windows: new TensorOf('int32', plan.fromWindows, [patches]),
      cells: new TensorOf('int32', plan.cells, [plan.cells.length]),
    })
    return outputs['image_features']!.data as Float32Array
  }
}
