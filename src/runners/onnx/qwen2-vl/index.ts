// Qwen2-VL: the decoder of Qwen2.5-VL, with an older vision tower.
import type {Architecture} from '../architecture.js'
import {qwen2Pictures, qwen2TiedHead} from '../qwen2-family.js'
import {readConfig, visionTensors} from './config.js'
import {visionGraph, visionPlan} from './vision-graph.js'

export const qwen2Vl: Architecture = {
  modelType: 'qwen2_vl',
  name: 'Qwen2-VL',
  pictures: qwen2Pictures,
  readConfig,
  tiedHead: qwen2TiedHead,
  visionTensors,
  visionGraph,
  visionPlan,
}
