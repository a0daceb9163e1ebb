// Weights that hold NaN or infinity, or activations that overflow, still give tokens, but the answer is meaningless. So
// every state that leaves the model is checked. The check costs almost nothing compared with the forward pass.
import {LanternError} from '../../core/errors.js'

/** Throws LanternError `bad-checkpoint` if a value is NaN or infinite. */
export function requireFinite(values: Float32Array): void {
  if (!allFinite(values)) throw notFinite()
}

export function allFinite(values: Float32Array): boolean {
  // Infinities and NaN are the only values whose product with 0 is not 0, so one sum finds any of them.
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0
  return sum === 0
}

export function notFinite(): LanternError {
  return new LanternError(
    'bad-checkpoint',
    "The model's output is not finite (NaN or infinity), so its tokens mean nothing: the weights are damaged, or they overflow at this precision.",
    'Try --precision fp32; if that changes nothing, fetch the weights again.',
  )
}
