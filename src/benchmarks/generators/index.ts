// The generated benchmarks by id: which tasks they have.
import {blinkTasks} from './blink-tasks.js'
import {hopsTasks} from './hops-tasks.js'
import type {Task} from './item.js'
import {viscotTasks} from './viscot-tasks.js'
import {vstarTasks} from './vstar-tasks.js'

export const generatedTasks: Readonly<Record<string, readonly Task[]>> = {
  hops: hopsTasks,
  blink: blinkTasks,
  vstar: vstarTasks,
  viscot: viscotTasks,
}
