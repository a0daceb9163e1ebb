// Qwen2.5-VL: LanteRn, LVR, Monet and most of their relatives.
import type {Architecture} from '../architecture.js'
import {qwen2Pictures, qwen2TiedHead} from '../qwen2-family.js'
import {type Qwen25Vision, readConfig, visionTensors} from './config.js'
import {visionGraph} from './vision-graph.js'
import {visionPlan} from './vision-plan.js'

export const qwen25Vl: Architecture<Qwen25Vision> = {
  modelType: 'qwen2_5_vl',
  name: 'Qwen2.5-VL',
  pictures: qwen2Pictures,
  readConfig,
  tiedHead: qwen2TiedHead,
  visionTensors,
  visionGraph,
  visionPlan,
}
