// The short version of `npm run calibrate`: a few cells of each claim, within the same bounds and their own Monte Carlo
// error. The seeds are fixed: it says the same each time. It runs as a process of its own, since a test's sandbox makes
// such loops fifty times slower.
import {spawnSync} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {type Cell, figures, shortCells} from '../scripts/calibrate/cells.js'
import {simulate} from '../scripts/calibrate/simulate.js'

const root = fileURLToPath(new URL('..', import.meta.url))

it('every claim of the statistics holds in a few designs', () => {
  const {stdout, stderr, status} = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'scripts/calibrate/index.ts', '--short', '--runs', '2000'],
    {cwd: root, encoding: 'utf8', timeout: 300_000},
  )
  const lines = stdout.split('\n').filter(line => /^(ok|FAIL) /.test(line))
  expect(lines.filter(line => line.startsWith('FAIL'))).toEqual([])
  expect([lines.length, status, stderr]).toEqual([shortCells().length, 0, ''])
}, 300_000)

it('the short version has every figure, and a claim that does not hold is found', () => {
  expect(new Set(shortCells().map(({figure}) => figure))).toEqual(new Set(Object.keys(figures)))
  const coin = (heads: number): Cell => ({
    ...{figure: 'coverage', design: 'coin', truth: 'heads', few: false},
    run: random => random.next() < heads,
  })
  expect([0.9, 0.95, 0.995].map(heads => simulate(coin(heads), 2000).failed)).toEqual([true, false, true])
})
