// From tables to rows: what is said about recorded studies, about planted worlds, and when nothing may be said.
import {random} from '../../core/random.js'
import {defaultMargin, diagnose} from './index.js'
import type {Diagnosis} from './result.js'
import type {ConditionOutcome, DiagnosedSample, DiagnosisTable} from './table.js'

type Scores = Readonly<Record<string, (i: number) => boolean>>

/** n samples; each condition is right where its function says so. */
function table(n: number, right: Scores, extra: (i: number) => Partial<DiagnosedSample> = () => ({})): DiagnosisTable {
  const samples = Array.from({length: n}, (_, i): DiagnosedSample => {
    const under = Object.entries(right).map(([name, holds]): [string, ConditionOutcome] => {
      const score = Number(holds(i))
      return [name, {outcome: score === 1 ? 'correct' : 'wrong', score, answer: score === 1 ? 'A' : 'B'}]
    })
    return {id: String(i), subtask: 'all', engaged: true, under: Object.fromEntries(under), ...extra(i)}
  })
  return {bench: 'world', aggregate: 'micro', samples}
}

/** Right on about the given share of samples; the same samples for the same name and share. */
function about(share: number, name = ''): (i: number) => boolean {
  return i => random('about', name, i).next() < share
}

const headline = (given: DiagnosisTable, options = {}): Diagnosis => diagnose(given, options)[0]!
const always = () => true

describe('recorded studies', () => {
  // Monet-7B on V*: a block in 72 of 191; banned START 54 of 72 against 54, 4 up and 4 down.
  const monet = table(191, {own: i => i >= 4 && i < 58, 'no-latent': i => i < 54}, i => ({engaged: i < 72}))

  it('72 pairs with 4 up and 4 down are inconclusive, with the margin that 72 samples allow', () => {
    const row = headline(monet)
    expect(row).toMatchObject({verdict: 'inconclusive', n: 191, margin: 0.1, engaged: {n: 72}})
    // Tango's interval of 4 and 4 in 72.
    expect(row.undecided!.supports).toBeCloseTo(0.0889, 3)
    expect(row.undecided!.missing).toEqual(['matched-noise', 'swap-unrelated', 'markers-only'])
    expect(row.statement).toContain('the smallest margin that 72 samples support here is 8.9 points')
  })

  it('and say at which n a margin of 3 points would be decided', () => {
    const row = headline(monet, {margin: 0.03})
    expect(row.undecided).toMatchObject({open: ['no-latent'], decidedAt: 1298})
    expect(row.statement).toContain('about 1298 samples would decide no-latent at 3 points')
  })

  it('the margin leaves out what own is shown to beat', () => {
    const own = about(0.8)
    const few = headline(table(100, {own, 'markers-only': about(0.2), 'no-latent': i => own(i) !== (i % 10 === 0)}))
    expect(few.undecided).toMatchObject({open: ['no-latent']})
    expect(few.undecided!.supports).toBeLessThan(0.2)
  })

  it('zeros that hurt while matched noise does not are named out of distribution, not content', () => {
    const own = about(0.8)
    const row = headline(
      table(5591, {own, 'matched-noise': own, swap: own, mean: own, zeros: about(0.5), noise: about(0.4)}),
    )
    expect(row.verdict).toBe('inconclusive')
    expect(row.statement).toMatch(
      /zeros -\d+(\.\d)? points, noise -\d+(\.\d)? points: out of distribution, no evidence of content/,
    )
    expect(row.statement).toContain('since noise of the same distribution is not shown to hurt')
    expect(row.statement).not.toContain('mean -')
  })

  it('zeros that hurt with nothing in distribution beside them are no evidence either', () => {
    const row = headline(table(500, {own: about(0.8), zeros: about(0.3)}))
    expect(row.statement).toContain('no evidence of content, since no latents of the same distribution were tried')
  })

  it('zeros that hurt where matched noise hurts too are not called out of distribution', () => {
    const row = headline(table(500, {own: about(0.8), 'matched-noise': about(0.3), zeros: about(0.3)}))
    expect(row.statement).not.toContain('out of distribution')
  })
})

describe('planted worlds', () => {
  const own = about(0.9)
  const guess = (name: string) => about(0.25, name)
  const four = (noise: Scores[string], stranger: Scores[string], markers: Scores[string], none: Scores[string]) =>
    ({
      own,
      'matched-noise': noise,
      'swap-unrelated': stranger,
      'markers-only': markers,
      'no-latent': none,
    }) satisfies Scores

  it.each([
    ['load-bearing', four(guess('n'), guess('s'), guess('m'), guess('z')), /^Load-bearing: its own latents beat/],
    ['read-not-needed', four(guess('n'), guess('s'), own, own), /^Read, not needed: wrong content misleads/],
    ['budget-only', four(own, own, guess('m'), guess('z')), /^Budget only: any content does within 3 points/],
    ['format-only', four(own, own, own, guess('z')), /^Format only: the markers are needed/],
    ['not-used', four(own, own, own, own), /^Not used: accuracy is alike within 3 points/],
    [
      'harmful',
      four(guess('n'), guess('s'), own, always),
      /^Harmful: the model does better with no latents than .*; their content is read/,
    ],
    [
      'trace',
      four(
        i => own(i) && i % 100 !== 0,
        i => own(i) && i % 100 !== 1,
        own,
        own,
      ),
      /^A trace: the latents are read/,
    ],
  ] as const)('say %s', (verdict, scores, sentence) => {
    const n = verdict === 'trace' ? 2000 : 420
    const row = headline(table(n, scores))
    expect(row).toMatchObject({verdict, verdictAll: verdict, undecided: null})
    expect(row.statement).toMatch(sentence)
    expect(row.statement).toContain(`n = ${n}`)
    expect(row.statement.endsWith('.')).toBe(true)
  })

  it('say representation-fails where true features help and own latents do not', () => {
    const low = about(0.3)
    const row = headline(table(500, {...four(low, low, low, low), own: low, oracle: about(0.95, 'oracle')}))
    expect(row.verdict).toBe('representation-fails')
    expect(row.statement).toMatch(
      /^The representation fails: true features raise accuracy \(true features against own \+/,
    )
  })

  it('name headroom, order, place, picture and strict where they are shown', () => {
    const worse = {...four(guess('n'), guess('s'), guess('m'), guess('z')), oracle: always, shuffle: guess('o')}
    const more = {'zero-at:1': guess('p'), 'image:blank': guess('b'), strict: own, 'strict:zeros': guess('t')}
    const {statement, notes, effects} = headline(table(500, {...worse, ...more, zeros: guess('q')}))
    for (const clause of [
      'its own latents are the limit',
      'their order matters (shuffled -',
      'single places matter (zero-at:1 -',
      'the picture is needed too (image:blank -',
      'with the picture hidden the answer is read from the latents (strict against strict:zeros +',
    ])
      expect(statement).toContain(clause)
    expect(notes.join(' ')).toContain('presence (strict - strict:zeros) +')
    expect(notes.join(' ')).toContain('Path interaction of zeros: ')
    expect(effects.map(({name}) => name)).toEqual(
      expect.arrayContaining([
        'content',
        'content-unrelated',
        'slots',
        'total',
        'markers',
        'headroom',
        'order',
        'position',
        'picture',
        'strict',
      ]),
    )
  })

  it('say nothing of order or picture that is not shown', () => {
    const {statement} = headline(table(500, {...four(guess('n'), guess('s'), guess('m'), guess('z')), shuffle: own}))
    expect(statement).not.toContain('order')
  })

  it('name a place once and in points, where nats stand beside the forced answers', () => {
    const given = table(500, {...four(guess('n'), guess('s'), guess('m'), guess('z')), 'zero-at:1': guess('p')})
    const samples = given.samples.map(sample => {
      const under = Object.entries(sample.under).map(([name, outcome]) => {
        const forced = outcome.score === 1 ? [-0.1, -3] : [-3, -0.1]
        return [name, {...outcome, textTokens: name === 'no-latent' ? 90 : 10, forced}]
      })
      return {...sample, gold: 0, options: 2, under: Object.fromEntries(under)}
    })
    const {reading, statement} = headline({...given, samples})
    expect(reading).toBe('forced')
    expect(statement).toMatch(/; single places matter \(zero-at:1 -\d\d(\.\d)? points\) /)
  })

  it('show steering where answers follow a contrast donor more than a stranger', () => {
    const scores = four(guess('n'), guess('s'), guess('m'), guess('z'))
    const given = table(200, {...scores, swap: guess('w')})
    const samples = given.samples.map((sample, i) => {
      const donor = {id: 'd', answer: 'C', option: 2, lift: 'text', resized: i < 30} as const
      const swap = {...sample.under['swap']!, answer: i % 2 === 0 ? 'C' : 'B', donor}
      return {...sample, under: {...sample.under, swap, 'swap-unrelated': {...sample.under['swap-unrelated']!, donor}}}
    })
    const row = headline({...given, samples})
    expect(row.statement).toContain('answers follow the latents of a contrast donor (lift +50 points, unrelated 0)')
    expect(row.notes).toContain('swap found a donor for 200 of 200 samples, 30 of them cut or repeated to fit.')
    const lift = row.effects.find(({name, contrast}) => name === 'steering' && contrast[1] === 'own')!
    expect(lift).toMatchObject({scale: 'donor-lift', difference: 0.5, contrast: ['swap', 'own'], mde: null})
  })

  it('never say that more than all answers follow a donor', () => {
    const given = table(40, {own, swap: own})
    const donor = {id: 'd', answer: 'C', option: 2, lift: 'text'} as const
    const samples = given.samples.map((sample, i) => {
      const swap = {...sample.under['swap']!, answer: i === 0 ? 'B' : 'C', donor}
      return {...sample, under: {...sample.under, swap}}
    })
    const lift = headline({...given, samples}).effects.find(({scale}) => scale === 'donor-lift')!
    expect(lift.difference).toBeCloseTo(0.975, 10)
    expect(lift.high).toBe(1)
    expect(lift.low).toBeLessThan(0.95)
  })

  it('say that latents are read without any answer depending on it, where only nats move', () => {
    const given = table(500, four(own, own, own, own))
    const forced = (i: number, condition: string) => [
      -0.2 - (condition === 'matched-noise' ? 0.05 + (i % 7) / 500 : 0),
      -2,
    ]
    const samples = given.samples.map((sample, i) => {
      const under = Object.entries(sample.under).map(([name, outcome]) => [name, {...outcome, forced: forced(i, name)}])
      return {...sample, gold: 0, options: 2, under: Object.fromEntries(under)}
    })
    const row = headline({...given, samples})
    expect(row.verdict).toBe('not-used')
    expect(row.statement).toMatch(
      /the latents are read \(0\.0\d\d nats on the gold\), but no answer depends on it within 3 points/,
    )
  })
})

describe('rows', () => {
  const own = about(0.9)
  const guess = about(0.25)
  const scores = {own, 'matched-noise': guess, 'swap-unrelated': guess, 'markers-only': guess, 'no-latent': guess}

  it('are the headline at alpha and the subtasks together, with the margin of their own size', () => {
    const rows = diagnose({
      ...table(600, scores, i => ({subtask: `s${i % 3}`})),
      aggregate: 'macro',
      headline: ['s0', 's1'],
    })
    expect(rows.map(({subtask, n, margin}) => [subtask, n, margin])).toEqual([
      [null, 400, 0.03],
      ['s0', 200, 0.1],
      ['s1', 200, 0.1],
      ['s2', 200, 0.1],
    ])
    expect(rows[0]!.alpha).toBe(0.05)
    // All three claim in the first round.
    expect(rows.slice(1).map(({alpha}) => alpha)).toEqual([0.05 / 3, 0.05 / 3, 0.05 / 3])
    expect(rows.map(({verdict}) => verdict)).toEqual(['load-bearing', 'load-bearing', 'load-bearing', 'load-bearing'])
    expect([defaultMargin(399), defaultMargin(400)]).toEqual([0.1, 0.03])
  })

  it('are judged on engaged samples, and all of them are told too', () => {
    const half = table(
      400,
      Object.fromEntries(Object.entries(scores).map(([name, of]) => [name, (i: number) => i % 2 === 1 || of(i)])),
      i => ({engaged: i % 2 === 0}),
    )
    const row = headline(half)
    expect(row).toMatchObject({n: 400, engaged: {n: 200, rate: 0.5}, verdict: 'load-bearing'})
    const content = row.effects.find(({name}) => name === 'content')!
    expect([content.n, content.difference > 0.5]).toEqual([200, true])
  })

  it('treat samples of one cluster as dependent', () => {
    const few = {own: (i: number) => i % 20 < 19, 'no-latent': (i: number) => i % 20 >= 4}
    const alone = headline(table(80, few)).effects[0]!
    const shared = headline(table(80, few, i => ({cluster: String(Math.floor(i / 20))}))).effects[0]!
    expect(shared.difference).toBe(alone.difference)
    expect(shared.p).toBeGreaterThan(alone.p)
  })

  it('judge teacher-forced answers where the texts of a condition are longer', () => {
    const given = table(500, scores)
    const samples = given.samples.map(sample => ({
      ...{...sample, gold: 0, options: 2},
      under: Object.fromEntries(
        Object.entries(sample.under).map(([name, outcome]) => [
          name,
          {...outcome, textTokens: name === 'no-latent' ? 90 : 10, forced: [-1, -2]},
        ]),
      ),
    }))
    const row = headline({...given, samples})
    expect(row).toMatchObject({reading: 'forced', verdict: 'not-used'})
    expect(row.statement).toContain('judged on teacher-forced answers')
    expect(row.notes).toContain('Texts differ from own under no-latent (length); teacher-forced answers decided.')
    // Behind a text that says on what the latents said, forced scores are alike whatever is fed.
    const behindText = headline({...given, samples: samples.map(sample => ({...sample, direct: false}))})
    expect(behindText).toMatchObject({reading: 'free', verdict: 'load-bearing'})
    expect(behindText.notes.join(' ')).toContain('so part of a difference may be the text')
  })

  it('come without any for a table without samples', () => {
    expect(diagnose({bench: 'none', aggregate: 'micro', samples: []})).toEqual([])
  })

  it('carry everything a person needs to check the verdict', () => {
    const [effect] = headline(table(160, scores)).effects
    expect(effect).toMatchObject({
      name: 'content',
      contrast: ['own', 'matched-noise'],
      scale: 'accuracy',
      reading: 'free',
    })
    expect(effect!.low).toBeLessThan(effect!.difference)
    expect(effect!.high).toBeGreaterThan(effect!.difference)
    expect(effect!.p).toBeLessThan(1e-10)
    expect(effect!.pAdjusted).toBeGreaterThanOrEqual(effect!.p)
    expect(effect!.mde).toBeGreaterThan(0)
  })
})

describe('guards', () => {
  const own = about(0.9)
  const guess = about(0.25)
  const scores = {own, 'matched-noise': guess, 'swap-unrelated': guess, 'markers-only': guess, 'no-latent': guess}
  const given = table(200, scores)
  const guardsOf = ({guards}: Diagnosis) => Object.fromEntries(guards.map(guard => [guard.name, guard]))
  const withOutcome = (change: (outcome: ConditionOutcome, name: string, i: number) => Partial<ConditionOutcome>) => ({
    ...given,
    samples: given.samples.map((sample, i) => ({
      ...sample,
      under: Object.fromEntries(
        Object.entries(sample.under).map(([name, outcome]) => [name, {...outcome, ...change(outcome, name, i)}]),
      ),
    })),
  })

  it('that cannot be checked are null, never void, and the statement names them', () => {
    const row = headline(given)
    expect(row.verdict).toBe('load-bearing')
    expect(row.guards.filter(({ok}) => ok === null).map(({name}) => name)).toEqual([
      ...['identity', 'oracle', 'determinism', 'applied', 'extractor'],
    ])
    expect(row.statement).toContain('(not checked: identity, oracle, determinism, applied, extractor)')
  })

  it.each(['identity', 'oracle', 'determinism'] as const)(
    '%s that failed makes the row void and says what to do',
    name => {
      const row = headline(given, {checks: {[name]: {checked: 32, passed: 31}}})
      expect(row).toMatchObject({verdict: 'void', verdictAll: 'void'})
      expect(row.statement).toMatch(new RegExp(`^Void: .*${name} \\(31 of 32\\)\\. .+\\.$`))
      const passed = headline(given, {checks: {[name]: {checked: 32, passed: 32}}})
      expect(guardsOf(passed)[name]).toMatchObject({ok: true, detail: '32 of 32'})
      expect(passed.verdict).toBe('load-bearing')
    },
  )

  it('fewer than 30 engaged samples are void, and nobody seeing blocks is not', () => {
    const few = headline({...given, samples: given.samples.map((sample, i) => ({...sample, engaged: i < 29}))})
    expect(few.verdict).toBe('void')
    expect(few.statement).toContain('engaged (29 samples with a latent block, 14.5 %')
    const none = headline({...given, samples: given.samples.map(sample => ({...sample, engaged: false}))})
    expect(none).toMatchObject({verdict: 'void', engaged: {n: 0, rate: 0}})
    const unseen = headline({...given, samples: given.samples.map(sample => ({...sample, engaged: null}))})
    expect(unseen).toMatchObject({verdict: 'load-bearing', engaged: null})
    expect(guardsOf(unseen)['engaged']!.ok).toBeNull()
  })

  it('a swap with oneself that changes a text breaks identity', () => {
    const sham = (changed: number) => {
      const samples = given.samples.map((sample, i) => {
        const mine = {...sample.under['own']!, digest: 'a'}
        return {...sample, under: {...sample.under, own: mine, 'self-swap': {...mine, digest: i < changed ? 'b' : 'a'}}}
      })
      return headline({...given, samples})
    }
    expect(guardsOf(sham(0))['identity']).toMatchObject({
      ok: true,
      detail: 'a swap with oneself left 200 of 200 texts as they were',
    })
    expect(sham(1).verdict).toBe('void')
  })

  it('a condition that changes no text was not applied if forced scores stand still too', () => {
    const still = (forced: (name: string) => number[] | undefined) =>
      headline(withOutcome((_, name) => ({digest: name === 'swap-unrelated' ? 'own' : name, forced: forced(name)})))
    expect(guardsOf(still(() => [-1, -2]))['applied']).toMatchObject({
      ok: false,
      detail: 'swap-unrelated: no text and no forced score differs from own',
    })
    expect(guardsOf(still(name => (name === 'own' ? [-1, -2] : [-1, -2.1])))['applied']!.ok).toBe(true)
    // Texts alone cannot tell: a model may answer alike with any latents.
    expect(guardsOf(still(() => undefined))['applied']!.ok).toBeNull()
  })

  it('names the extractor under which the verdict flips, and is void where another claim is made', () => {
    type Read = {score: number | null; letter: string | null}
    const panel = (other: (score: number, name: string, i: number) => Read) =>
      headline(
        withOutcome(({score}, name, i) => ({
          panel: {same: {score, letter: 'AB'[i % 2]!}, other: other(score!, name, i)},
        })),
      )
    const letter = (i: number) => 'AB'[i % 2]!
    expect(guardsOf(panel((score, _, i) => ({score, letter: letter(i)})))['extractor']).toMatchObject({
      ok: true,
      detail: 'load-bearing under all 2 extractors',
    })
    const flipped = panel((_, __, i) => ({score: 1, letter: letter(i)}))
    expect(flipped.verdict).toBe('void')
    expect(flipped.statement).toContain('extractor (flips under other (not-used))')
    // An extractor that reads fewer answers is no evidence.
    expect(panel((_, __, i) => ({score: 1, letter: i % 10 === 0 ? null : letter(i)})).verdict).toBe('load-bearing')
    // A claim that another extractor cannot confirm stands, and is named.
    const unsure = panel((score, name, i) => ({score: name === 'markers-only' ? null : score, letter: letter(i)}))
    expect(guardsOf(unsure)['extractor']).toMatchObject({ok: true, detail: 'flips under other (inconclusive)'})
    // An extractor that reads the C of "Correct: B" everywhere reads no answers.
    const stuck = panel((_, __, i) => ({score: 1, letter: i % 50 === 0 ? 'A' : 'C'}))
    expect(stuck.verdict).toBe('load-bearing')
    expect(guardsOf(stuck)['extractor']!.detail).toBe(
      "load-bearing under all 1 extractors; other left out: it reads C in 98 % of own's answers",
    )
  })

  it('an extractor that reads one letter everywhere counts where the chosen one does too', () => {
    const alike = withOutcome(({score}) => ({answer: 'A', panel: {other: {score: 1 - score!, letter: 'A'}}}))
    expect(guardsOf(headline(alike))['extractor']!.detail).not.toContain('left out')
  })
})

describe('a headline that is a nested mean', () => {
  it('is judged as that mean: own - no-latent of mean(3D, mean(ADE, COCO))', () => {
    const sizes = {ADE: 12, COCO: 18, '3D': 30}
    // Of each subtask, the share of samples that own alone gets right: a half, none, six tenths.
    const won = {ADE: 6, COCO: 0, '3D': 18}
    const samples = Object.entries(sizes).flatMap(([subtask, n]) =>
      Array.from({length: n}, (_, i): DiagnosedSample => {
        const outcome = (score: number): ConditionOutcome => ({outcome: score ? 'correct' : 'wrong', score})
        const under = {own: outcome(1), 'no-latent': outcome(Number(i >= won[subtask as keyof typeof won]))}
        return {id: `${subtask} ${i}`, subtask, engaged: true, under}
      }),
    )
    const nested = {mean: ['3D', {mean: ['ADE', 'COCO']}]}
    const given: DiagnosisTable = {bench: 'cv', aggregate: 'macro', headline: Object.keys(sizes), nested, samples}
    const total = ({effects}: Diagnosis) => effects.find(({name}) => name === 'total')!
    // 0.6 / 2 + 0.5 / 4 + 0 / 4.
    expect(total(headline(given)).difference).toBeCloseTo(0.425, 12)
    expect(total(headline({...given, nested: undefined})).difference).toBeCloseTo((0.6 + 0.5) / 3, 12)
    // A subtask nobody answered gives its share to its neighbour: COCO alone is the second half then.
    const without = {...given, samples: samples.filter(({subtask}) => subtask !== 'ADE')}
    expect(total(headline(without)).difference).toBeCloseTo(0.3, 12)
  })
})
