import {schedulerIndex} from './scheduler-index.js'

test('a task of Slurm or Kubernetes runs the unit of its number', () => {
  expect(schedulerIndex({SLURM_ARRAY_TASK_ID: '7'})).toBe(7)
  expect(schedulerIndex({JOB_COMPLETION_INDEX: '0'})).toBe(0)
  expect(schedulerIndex({SLURM_ARRAY_TASK_ID: '7', JOB_COMPLETION_INDEX: '7'})).toBe(7)
})

test('without a scheduler, or with empty variables, there is no index', () => {
  expect(schedulerIndex({})).toBeUndefined()
  expect(schedulerIndex({SLURM_ARRAY_TASK_ID: '', JOB_COMPLETION_INDEX: ' '})).toBeUndefined()
})

test.each(['abc', '-1', '1.5', '0x10', '1e3'])('%s is no index', text => {
  expect(() => schedulerIndex({SLURM_ARRAY_TASK_ID: text})).toThrow(`SLURM_ARRAY_TASK_ID is "${text}"`)
})

test('of two different numbers neither is guessed', () => {
  expect(() => schedulerIndex({SLURM_ARRAY_TASK_ID: '0', JOB_COMPLETION_INDEX: '1'})).toThrow(
    'SLURM_ARRAY_TASK_ID is 0 and JOB_COMPLETION_INDEX is 1.',
  )
})
