// Which tensors of a checkpoint each graph reads.
import type {TensorPlace} from '../../../core/safetensors.js'
import {architectureOf} from '../architectures.js'
import {expectedTensors, isVisionTensor} from '../checkpoint/expected-tensors.js'
import type {Checkpoint} from '../types.js'
import {headTensors} from './latent-head.js'

/** Tensors by their published names. */
export type Tensors = ReadonlyMap<string, TensorPlace>

/** The tensors that the graphs read, by graph, in the order of the forward pass. Others in the files are left out. */
export function tensorsOf(checkpoint: Checkpoint): {readonly vision: Tensors; readonly decoder: Tensors} {
  const {tensors, text, vision, head} = checkpoint
  const read = [
    ...expectedTensors(architectureOf(checkpoint), text, vision),
    ...(head === null ? [] : headTensors(head, text)),
  ]
  const placed = read.map(([name]) => [name, tensors.get(name)!] as const)
  return {
    vision: new Map(placed.filter(([name]) => isVisionTensor(name))),
    decoder: new Map(placed.filter(([name]) => !isVisionTensor(name))),
  }
}
