// The short version of `npm run calibrate`: a few cells of each claim, within the same bounds and their own Monte Carlo
// error. The seeds are fixed: it says the same each time. It runs as a process of its own, since a test's sandbox makes
// such loops fifty times slower.
import {spawnSync} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {type Cell, figures, shortCells} from '../scripts/calibrate/cells.js'
import {shortDiagnosisCells} from '../scripts/calibrate/diagnosis.js'
import {simulate} from '../scripts/calibrate/simulate.js'
import {countsOf, evidenceOfCounts, wrongClaims} from '../scripts/calibrate/worlds.js'

const root = fileURLToPath(new URL('..', import.meta.url))

it.each([
  ['statistics', shortCells(), 2000],
  ['diagnosis', shortDiagnosisCells(), 1000],
] as const)(
  'every claim of design/%s.md holds in a few designs',
  (subject, cells, runs) => {
    const {stdout, stderr, status} = spawnSync(
      process.execPath,
      ['--import', 'tsx', 'scripts/calibrate/index.ts', subject, '--short', '--runs', String(runs)],
      {cwd: root, encoding: 'utf8', timeout: 300_000},
    )
    const lines = stdout.split('\n').filter(line => /^(ok|FAIL) /.test(line))
    expect(lines.filter(line => line.startsWith('FAIL'))).toEqual([])
    expect([lines.length, status, stderr]).toEqual([cells.length, 0, ''])
  },
  300_000,
)

it('the short version has every figure, and a claim that does not hold is found', () => {
  expect(new Set([...shortCells(), ...shortDiagnosisCells()].map(({figure}) => figure))).toEqual(
    new Set(Object.keys(figures)),
  )
  const coin = (heads: number): Cell => ({
    ...{figure: 'coverage', design: 'coin', truth: 'heads', few: false},
    run: random => random.next() < heads,
  })
  expect([0.9, 0.95, 0.995].map(heads => simulate(coin(heads), 2000).failed)).toEqual([true, false, true])
})

it('a judge without its refinements would be found', () => {
  // "Misled": own, markers and none are equal, wrong content costs 10 points. Content beaten is not content needed.
  const world = {name: 'misled', effects: [0.1, 0.1, 0, 0], own: 0.6, discordance: 0.1, common: false} as const
  expect(wrongClaims(world, 0.03)).toContain('load-bearing')
  expect(wrongClaims(world, 0.03)).not.toContain('read-not-needed')
  const draw = countsOf(world, 1901)
  const naive: Cell = {
    ...{figure: 'wrong', design: 'n 1901', truth: 'misled', few: false},
    run(random) {
      const {contrasts} = evidenceOfCounts(draw(random), 1901, 0.05, 0.03)
      return contrasts['matched-noise']!.p <= 0.05 && contrasts['swap-unrelated']!.p <= 0.05
    },
  }
  const {share, failed} = simulate(naive, 100)
  expect([share > 0.85, failed]).toEqual([true, true])
})
