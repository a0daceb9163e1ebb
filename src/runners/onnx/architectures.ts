// The architectures that run locally. To add one: a folder with its config reader, its vision tower and an index.ts,
// and a line here (design/checkpoints.md, "An architecture of your own").
import type {Architecture} from './architecture.js'
import {qwen25Vl} from './qwen2-5-vl/index.js'
import {qwen2Vl} from './qwen2-vl/index.js'
import {qwen3Vl} from './qwen3-vl/index.js'

export const architectures: readonly Architecture[] = [qwen25Vl, qwen3Vl, qwen2Vl]

/** The architecture of an opened checkpoint. */
export function architectureOf({architecture}: {readonly architecture: string}): Architecture {
  return architectures.find(({modelType}) => modelType === architecture)!
}
