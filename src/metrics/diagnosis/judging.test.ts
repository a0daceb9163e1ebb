// The procedure against an independent one (test/goldens/diagnosis/make.py), and the order of its rules.
import {readFileSync} from 'node:fs'
import {type Contrast, type Evidence, evidenceOf, recoveryOf, unrecovered} from './evidence.js'
import {freeScore} from './reading.js'
import {samplesToDecide} from './required.js'
import {combined, pairsOf, rowsOf} from './row.js'
import {stepDown} from './step-down.js'
import type {DiagnosedSample, DiagnosisTable} from './table.js'
import {judge} from './verdict.js'

interface GoldenTable {
  readonly conditions: readonly string[]
  readonly counts: readonly number[]
  readonly margin: number
  readonly verdict: string
  readonly recovery?: number
}
const golden: {tables: GoldenTable[]} = JSON.parse(
  readFileSync(new URL('../../../test/goldens/diagnosis/golden.json', import.meta.url), 'utf8'),
)

function tableOf({conditions, counts}: GoldenTable): DiagnosisTable {
  const samples: DiagnosedSample[] = []
  for (const [pattern, count] of counts.entries())
    for (let i = 0; i < count; i++) {
      const under = conditions.map((name, k) => {
        const score = (pattern >> k) & 1
        return [name, {outcome: score === 1 ? 'correct' : 'wrong', score}] as const
      })
      samples.push({id: String(samples.length), subtask: 'all', engaged: true, under: Object.fromEntries(under)})
    }
  return {bench: 'golden', aggregate: 'micro', samples}
}

describe('the procedure', () => {
  it.each(golden.tables.map((table, k) => [k, table.verdict, table] as const))(
    'of table %i says %s, as the one written in Python does',
    (_, verdict, table) => {
      const row = rowsOf(tableOf(table)).headline!
      const {margin} = table
      const evidence = evidenceOf(row, freeScore, {alpha: 0.05, margin, seed: 0})
      expect(judge(evidence, {alpha: 0.05, margin}).verdict).toBe(verdict)
      if (table.recovery === undefined) expect(evidence.recovery).toBeNull()
      else expect(evidence.recovery).toBeCloseTo(table.recovery, 9)
    },
  )

  it('is known in every verdict but void', () => {
    expect(new Set(golden.tables.map(({verdict}) => verdict)).size).toBe(9)
  })
})

const contrast = (difference: number, p: number, half = 0.02): Contrast => {
  return {n: 1000, difference, low: difference - half, high: difference + half, p}
}
const evidence = (noise: Contrast | null, stranger: Contrast | null, markers: Contrast | null, none: Contrast | null) =>
  ({
    contrasts: {'matched-noise': noise, 'swap-unrelated': stranger, 'markers-only': markers, 'no-latent': none},
    recovery: null,
  }) satisfies Evidence
const level = {alpha: 0.05, margin: 0.03}
const alike = contrast(0, 1)
const more = contrast(0.2, 1e-9)
const less = contrast(-0.2, 1e-9)

describe('the order of verdicts', () => {
  it('calls a gain without latents harmful before anything else, and says that content is read', () => {
    const judged = judge(evidence(more, more, more, less), level)
    expect(judged).toMatchObject({verdict: 'harmful', harmedBy: ['no-latent'], contentRead: true})
  })

  it('needs both dummies for content: a stranger that misleads is not enough', () => {
    expect(judge(evidence(alike, more, alike, alike), level).verdict).toBe('inconclusive')
    expect(judge(evidence(more, more, alike, alike), level).verdict).toBe('read-not-needed')
    // A significant difference in the wrong direction counts as no evidence at all.
    expect(judge(evidence(less, more, more, more), level).contentRead).toBe(false)
  })

  it('does not call a difference within the margin harm', () => {
    const small = contrast(-0.01, 1e-6, 0.005)
    expect(judge(evidence(alike, alike, alike, small), level).verdict).toBe('not-used')
  })

  it('adjusts within the family of four, so that one p just below alpha shows nothing', () => {
    const wide = contrast(0, 1, 0.1)
    const weak = contrast(0.1, 0.02, 0.06)
    expect(judge(evidence(wide, wide, weak, wide), level).below).toEqual([])
    expect(judge(evidence(wide, wide, contrast(0.1, 0.016, 0.06), wide), level).below).toEqual(['markers-only'])
  })

  it('names what was not asked, and makes no claim that needs it', () => {
    const judged = judge(evidence(alike, null, alike, alike), level)
    expect(judged).toMatchObject({verdict: 'inconclusive', missing: ['swap-unrelated'], open: []})
    expect(judged.adjusted).toEqual({markersOnly: 1, noLatent: 1})
  })

  it('leaves recovery out of the family without an oracle', () => {
    const bare = evidence(alike, alike, contrast(0.1, 0.02), alike)
    expect(judge(bare, level).adjusted.markersOnly).toBeCloseTo(0.06)
    expect(judge({...bare, recovery: 0.001}, level).adjusted).toMatchObject({recovery: 0.004, markersOnly: 0.06})
    expect(judge({...evidence(alike, alike, alike, alike), recovery: 0.001}, level).verdict).toBe(
      'representation-fails',
    )
  })
})

describe('recovery', () => {
  const samples = (own: number, dummy: number, oracle: number, n: number): DiagnosedSample[] =>
    Array.from({length: n}, (_, i) => {
      const of = (right: number) => ({outcome: 'correct' as const, score: Number(i < right)})
      const under = {own: of(own), 'matched-noise': of(dummy), 'swap-unrelated': of(dummy), oracle: of(oracle)}
      return {id: String(i), subtask: 'all', engaged: true, under}
    })
  const pOf = (own: number, dummy: number, oracle: number) => {
    const row = rowsOf({bench: 'x', aggregate: 'micro', samples: samples(own, dummy, oracle, 200)}).headline!
    const behind = [combined(row, ['own', 'matched-noise', 'oracle'], freeScore, unrecovered)]
    return recoveryOf(pairsOf(row, ['oracle', 'own'], freeScore), behind, 'micro', 0.1)
  }

  it('fails where true features help and own latents recover nothing, not where they recover a fifth', () => {
    expect(pOf(50, 50, 190)).toBeLessThan(1e-6)
    // 28 of 140 gained samples are a fifth.
    expect(pOf(78, 50, 190)).toBeGreaterThan(0.9)
    expect(pOf(180, 50, 190)).toBe(1)
  })

  it('is not shown where the oracle lies above own by no more than the margin', () => {
    expect(pOf(50, 50, 70)).toBeGreaterThan(0.5)
  })
})

describe('rows together', () => {
  it('share alpha, and hand on what a claim leaves', () => {
    const thresholds = [0.012, 0.016, 0.04, 0.9]
    const seen: number[] = []
    const rows = stepDown(
      4,
      0.05,
      (row, alpha) => alpha >= thresholds[row]!,
      shown => shown,
    )
    // 0.05 / 4 shows the first, 0.05 / 3 the second, 0.05 / 2 none of the others.
    expect(rows.map(({judged}) => judged)).toEqual([true, true, false, false])
    expect(rows.map(({alpha}) => alpha)).toEqual([0.0125, 0.05 / 3, 0.025, 0.025])
    expect(
      stepDown(
        0,
        0.05,
        row => seen.push(row),
        () => false,
      ),
    ).toEqual([])
  })
})

describe('the number of samples that would decide', () => {
  const at = (n: number, wins: number, losses: number, margin: number) =>
    samplesToDecide(
      {n, pieces: n, difference: (wins - losses) / n, discordance: (wins + losses) / n},
      {alpha: 0.05, margin},
    )

  it('is that of equivalence where the arms look alike', () => {
    // (1.960 + 1.282)^2 x 0.1 / 0.03^2
    expect(at(200, 10, 10, 0.03)).toBe(Math.ceil((3.241515 ** 2 * 0.1) / 0.0009))
  })

  it('is at least 125 for 3 points without any discordance', () => {
    expect(at(50, 0, 0, 0.03)).toBe(125)
  })

  it('is that of the difference where this comes sooner, and grows with what the design loses', () => {
    const apart = at(60, 12, 4, 0.03)!
    // (2.394 + 0.842)^2 x (16/60 - (8/60)^2) / (8/60)^2
    expect(apart).toBe(Math.ceil((3.235601 ** 2 * (16 / 60 - (8 / 60) ** 2)) / (8 / 60) ** 2))
    const clustered = samplesToDecide(
      {n: 60, pieces: 30, difference: 8 / 60, discordance: 16 / 60},
      {alpha: 0.05, margin: 0.03},
    )
    expect(clustered! / apart).toBeCloseTo(2, 1)
  })
})
