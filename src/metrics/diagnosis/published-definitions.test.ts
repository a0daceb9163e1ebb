// Exact McNemar, Holm and the paired difference of differences on random tables, by other means than ours: the same
// numbers as the definitions of dmis-lab/CVRR (scripts/analysis_cvrr/core/metrics.py `exact_mcnemar_p`, `holm_adjust`;
// causal/reliance.py `_path_interactions`).
import fc from 'fast-check'
import {holm} from '../statistics/index.js'
import {effectsOf, interactionsOf} from './effects.js'
import {rowsOf} from './row.js'
import type {DiagnosedSample, DiagnosisTable} from './table.js'
import {judge} from './verdict.js'

const conditions = ['own', 'matched-noise', 'zeros', 'strict', 'strict:zeros', 'strict:matched-noise'] as const
type Condition = (typeof conditions)[number]
type Answers = Readonly<Record<Condition, boolean>>

/** Of each condition whether it is right, for 1 to 60 samples. */
const tables = fc.array(fc.record(Object.fromEntries(conditions.map(name => [name, fc.boolean()]))), {
  minLength: 1,
  maxLength: 60,
}) as fc.Arbitrary<Answers[]>

const tableOf = (answers: readonly Answers[]): DiagnosisTable => ({
  ...{bench: 'random', aggregate: 'micro'},
  samples: answers.map(
    (right, i): DiagnosedSample => ({
      ...{id: String(i), subtask: 'all', engaged: true},
      under: Object.fromEntries(
        conditions.map(name => [name, {outcome: right[name] ? 'correct' : 'wrong', score: Number(right[name])}]),
      ),
    }),
  ),
})

/** The chance that fair coins, one for each pair of which one side is right, fall at least as unevenly as they did. */
function asUneven(answers: readonly Answers[], first: Condition, second: Condition): number {
  const lead = answers.reduce((sum, right) => sum + Number(right[first]) - Number(right[second]), 0)
  const coins = answers.filter(right => right[first] !== right[second]).length
  let chances = new Map([[0, 1]])
  for (let coin = 0; coin < coins; coin++) {
    const next = new Map<number, number>()
    for (const [net, chance] of chances)
      for (const side of [-1, 1]) next.set(net + side, (next.get(net + side) ?? 0) + chance / 2)
    chances = next
  }
  return [...chances].reduce((sum, [net, chance]) => (Math.abs(net) >= Math.abs(lead) ? sum + chance : sum), 0)
}

/** Holm by what it stands for: a hypothesis is rejected if Bonferroni rejects every family that contains it. */
function byEveryFamily(ps: readonly number[]): number[] {
  return ps.map((_, k) => {
    let largest = 0
    for (let family = 0; family < 2 ** ps.length; family++) {
      if (((family >> k) & 1) === 0) continue
      const members = ps.filter((_one, other) => (family >> other) & 1)
      largest = Math.max(largest, Math.min(1, members.length * Math.min(...members)))
    }
    return largest
  })
}

const options = {alpha: 0.05, margin: 0.1, reading: 'free', seed: 'published'} as const
const nothing = {contrasts: {'matched-noise': null, 'swap-unrelated': null, 'markers-only': null, 'no-latent': null}}

it('p of every contrast is exact McNemar', () => {
  fc.assert(
    fc.property(tables, answers => {
      const effects = effectsOf(
        rowsOf(tableOf(answers)).headline!,
        judge({...nothing, recovery: null}, options),
        options,
      )
      expect(effects.map(({contrast}) => contrast[1])).toEqual(expect.arrayContaining(conditions.slice(1)))
      for (const {contrast, difference, p} of effects) {
        const [first, second] = contrast as [Condition, Condition]
        expect(p).toBeCloseTo(asUneven(answers, first, second), 10)
        const [a, b] = [first, second].map(name => answers.filter(right => right[name]).length)
        expect(difference).toBeCloseTo((a! - b!) / answers.length, 12)
      }
    }),
    {numRuns: 100},
  )
})

it('p of what does not decide is adjusted by Holm over all of it', () => {
  fc.assert(
    fc.property(tables, answers => {
      const effects = effectsOf(
        rowsOf(tableOf(answers)).headline!,
        judge({...nothing, recovery: null}, options),
        options,
      )
      const beside = effects.filter(({contrast}) => contrast.join(' ') !== 'own matched-noise')
      const adjusted = byEveryFamily(beside.map(({p}) => p))
      for (const [k, {pAdjusted}] of beside.entries()) expect(pAdjusted).toBeCloseTo(adjusted[k]!, 12)
    }),
    {numRuns: 50},
  )
})

it('Holm is the closure of Bonferroni, ties and ones included', () => {
  const p = fc.oneof(fc.double({min: 0, max: 1, noNaN: true}), fc.constantFrom(0, 0.01, 0.02, 0.5, 1))
  fc.assert(
    fc.property(fc.array(p, {minLength: 1, maxLength: 8}), ps => {
      const adjusted = byEveryFamily(ps)
      for (const [k, value] of holm(ps).entries()) expect(value).toBeCloseTo(adjusted[k]!, 12)
    }),
    {numRuns: 300},
  )
})

it('the path interaction is what a replacement costs with the picture hidden, less what it costs with it open', () => {
  fc.assert(
    fc.property(tables, answers => {
      const share = (name: Condition) => answers.filter(right => right[name]).length / answers.length
      const found = interactionsOf(rowsOf(tableOf(answers)).headline!, options)
      expect(found.map(([condition]) => condition)).toEqual(['zeros', 'matched-noise'])
      for (const [condition, {n, difference, low, high}] of found) {
        const name = condition as 'zeros' | 'matched-noise'
        const hidden = share('strict') - share(`strict:${name}`)
        expect(difference).toBeCloseTo(hidden - (share('own') - share(name)), 12)
        expect([n, low <= difference + 1e-12, difference <= high + 1e-12]).toEqual([answers.length, true, true])
      }
    }),
    {numRuns: 100},
  )
})
