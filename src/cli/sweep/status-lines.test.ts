import type {SweepStatus} from '../../evaluation/sweep/status.js'
import {statusLines} from './status-lines.js'

const long =
  'The checkpoint /data/checkpoints/run-with-a-long-name/step-12000 has no file model.safetensors.index.json.'
const failure = (index: number, reason: string | null) => ({
  ...{index, model: 'm', bench: 'blink', shard: '1/4', host: 'node-a', reason},
})
const status: SweepStatus = {
  ...{schema: 1, dir: 'sweeps/one', units: 200, done: 120, running: 8, failed: 3, dead: 1, missing: 68},
  ...{secondsPerUnit: 90, unitsPerHour: 320, etaSeconds: 866, exitCode: 0},
  hosts: {
    'node-a': {done: 60, running: 4, failed: 3, dead: 0},
    [`${'n'.repeat(60)}.org`]: {done: 60, running: 4, failed: 0, dead: 1},
  },
  failures: [failure(3, long), failure(4, long), failure(9, null)],
}

it.each([80, 120])('fits %i columns', width => {
  const lines = statusLines(status, width)
  expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(width)
})

it('says the counts, the time left, the hosts, and each reason once', () => {
  const text = statusLines(status, 120).join('\n')
  expect(text).toContain('sweeps/one: 120 of 200 units done (60 %)')
  expect(text).toContain('A unit takes 1m30s in the mean, and 8 workers do 320 an hour: about 14m26s left.')
  expect(text).toMatch(/node-a +60 +4 +3 +0/)
  expect(text.split('has no file')).toHaveLength(2)
  expect(text).toContain('2 units failed (3, 4):')
  expect(text).toContain('Unit 9 (m, blink 1/4) failed:\n  The reason cannot be read.')
})

it('says what to do next where nothing is left, nothing runs or nothing is known yet', () => {
  const whole = {...status, done: 200, running: 0, failed: 0, dead: 0, missing: 0, failures: []}
  expect(statusLines(whole, 80).join('\n')).toMatch(/sweep merge sweeps\/one[\s\S]*Nothing is left to do/)
  expect(statusLines({...whole, done: 197, failed: 3}, 80).join('\n')).toContain(
    'No unit is left but those that failed.',
  )
  const idle = {...status, running: 0, unitsPerHour: null, etaSeconds: null}
  expect(statusLines(idle, 80).join('\n')).toContain('No worker runs.')
  const fresh = {...idle, done: 0, secondsPerUnit: null}
  expect(statusLines(fresh, 80).join('\n')).toContain('shows once the first unit is done')
})
