import {ownMeanings} from './commands.js'
import {resolveSettings} from './resolve.js'

const workSettings = {index: ownMeanings.unitIndex, queue: ownMeanings.unitQueue}
const url = 'redis://127.0.0.1:6379/0'
const resolved = (flags: Record<string, unknown>, env: Record<string, string>) =>
  resolveSettings(workSettings, {flags, env, file: new Map(), command: 'sweep work'})

test('`--index` goes before a queue that a variable names, as tasks of an array inherit it', async () => {
  expect(await resolved({index: '3'}, {LANTERN_EVAL_QUEUE: url})).toEqual({index: 3, queue: undefined})
  expect(await resolved({}, {LANTERN_EVAL_QUEUE: url})).toEqual({index: undefined, queue: url})
})

test('two flags that exclude each other are refused', async () => {
  await expect(resolved({index: '3', queue: url}, {})).rejects.toThrow('--queue and --index exclude each other')
})
