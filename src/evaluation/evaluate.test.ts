import {endOf} from './evaluate.js'

const end = (total: number, settled: number, errors: number, aborted = false) =>
  endOf({runDir: 'results/x', total, settled, errors}, 0.05, aborted)

test.each([
  ['everything is settled', [20, 20, 0], 'done', 0, null],
  ['as many failed as is allowed', [20, 19, 1], 'done', 0, null],
  ['more failed than is allowed', [20, 18, 2], 'infrastructure', 4, '2 of 20 samples (10.0%) ended in an error'],
  ['all of them failed', [20, 0, 20], 'infrastructure', 4, 'every sample ended in an error'],
  ['samples are left', [20, 15, 0], 'partial', 4, '5 of 20 samples are left'],
  ['nothing was asked', [20, 0, 0], 'infrastructure', 4, 'Nothing was asked'],
  ['there was nothing to ask', [0, 0, 0], 'infrastructure', 4, 'The selection is empty.'],
] as const)('where %s', (_, [total, settled, errors], verdict, exitCode, reason) => {
  const {runDir, ...rest} = end(total, settled, errors)
  expect(rest).toEqual({
    total,
    settled,
    errors,
    verdict,
    exitCode,
    reason: reason === null ? null : expect.stringContaining(reason),
  })
})

test.each([
  [20, 20, 0],
  [20, 0, 20],
  [0, 0, 0],
])(
  'an interruption is the verdict whatever else is true: %d asked, %d settled, %d failed',
  (total, settled, errors) => {
    expect(end(total, settled, errors, true)).toMatchObject({verdict: 'interrupted', exitCode: 130})
  },
)
