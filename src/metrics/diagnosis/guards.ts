// What has to hold before anything is said. Each guard is a pure function of what was recorded; one that cannot be
// checked is null.
import {wilsonInterval} from '../statistics/index.js'
import type {DiagnosisVerdict, Engagement, Guard} from './result.js'
import {type DiagnosedRow, ownAnd, samplesOf} from './row.js'
import {type Checked, decidingConditions, ownCondition, type RecordedChecks} from './table.js'

/** Fewest samples with a latent block. */
const leastEngaged = 30
/** Samples whose own latents are fed again. */
const identityChecks = 32
/** An extractor that reads fewer answers than this share of what the chosen one reads is no evidence. */
const leastRead = 0.95
/** One that reads the same letter in this share of what it reads, where the chosen one does not, reads no answers. */
const stuckFrom = 0.95

/** Counts samples whose own generation opened a block; null where nobody saw any. */
export function engagementOf(row: DiagnosedRow): Engagement | null {
  const seen = samplesOf(row).filter(({engaged}) => engaged !== null)
  if (seen.length === 0) return null
  const n = seen.filter(({engaged}) => engaged).length
  return {n, rate: n / seen.length, ...wilsonInterval(n, seen.length)}
}

export function engagedGuard(engagement: Engagement | null): Guard {
  if (engagement === null) return {name: 'engaged', ok: null, detail: 'the records do not show latent blocks'}
  const {n, rate, low, high} = engagement
  const detail = `${n} samples with a latent block, ${percent(rate)} (${percent(low)} to ${percent(high)})`
  if (n >= leastEngaged) return {name: 'engaged', ok: true, detail}
  const todo = `Judge a model that opens latent blocks, or give more samples: ${leastEngaged} with a block are needed.`
  return {name: 'engaged', ok: false, detail, todo}
}

const sentences = {
  identity: {
    absent: 'own latents were not fed again',
    todo: 'Own latents fed again must give the same ids: check the protocol, the precision and the cache.',
  },
  oracle: {
    absent: 'no oracle retrieval was recorded',
    todo: 'An oracle that does not retrieve itself is built wrongly: check the boxes and the picture features.',
  },
  determinism: {
    absent: 'own was not generated twice',
    todo: 'Own twice must give the same ids: set temperature 0 and one seed.',
  },
} as const

/**
 * Identity, oracle and determinism, as recorded. `self-swap` in the table counts as a second check of identity: a swap
 * with oneself must change no text.
 */
export function recordedGuards(row: DiagnosedRow, {identity, oracle, determinism}: RecordedChecks): Guard[] {
  const sham = shamOf(row)
  const guards = [
    guardOf('identity', identity, identityChecks),
    guardOf('oracle', oracle),
    guardOf('determinism', determinism),
  ]
  if (sham === null) return guards
  const [first, ...rest] = guards
  const shamDetail = `a swap with oneself left ${sham.passed} of ${sham.checked} texts as they were`
  const detail = first!.ok === null ? shamDetail : `${first!.detail}; ${shamDetail}`
  const ok = sham.passed < sham.checked ? false : (first!.ok ?? true)
  return [{name: 'identity', ok, detail, ...(!ok && {todo: sentences.identity.todo})}, ...rest]
}

function guardOf(name: keyof typeof sentences, checked: Checked | undefined, enough = 1): Guard {
  const {absent, todo} = sentences[name]
  if (checked === undefined || checked.checked === 0) return {name, ok: null, detail: absent}
  const detail = `${checked.passed} of ${checked.checked}`
  if (checked.passed < checked.checked) return {name, ok: false, detail, todo}
  return {name, ok: true, detail: checked.checked < enough ? `${detail} (${enough} are usual)` : detail}
}

function shamOf(row: DiagnosedRow): Checked | null {
  const pairs = samplesOf(row)
    .map(sample => ownAnd(sample, 'self-swap'))
    .filter(pair => pair?.own.digest !== undefined && pair.other.digest !== undefined)
  if (pairs.length === 0) return null
  return {checked: pairs.length, passed: pairs.filter(pair => pair!.own.digest === pair!.other.digest).length}
}

interface ChangedTexts {
  readonly condition: string
  readonly pairs: number
  /** Share of texts that differ from own; null without digests. */
  readonly texts: number | null
  /** Whether any forced score differs from own; null without forced readings. */
  readonly forced: boolean | null
}

/** How much each condition of a row changed. */
function changesOf(row: DiagnosedRow): ChangedTexts[] {
  const samples = samplesOf(row)
  const names = new Set(samples.flatMap(({under}) => Object.keys(under)))
  names.delete(ownCondition)
  return [...names].map(condition => {
    let pairs = 0
    let known = 0
    let changed = 0
    let read = 0
    let moved = 0
    for (const sample of samples) {
      const pair = ownAnd(sample, condition)
      if (pair === null) continue
      const {own, other} = pair
      pairs++
      if (own.digest !== undefined && other.digest !== undefined) {
        known++
        changed += Number(own.digest !== other.digest)
      }
      if (own.forced != null && other.forced != null) {
        read++
        moved += Number(own.forced.some((value, k) => value !== other.forced![k]))
      }
    }
    return {condition, pairs, texts: known === 0 ? null : changed / known, forced: read === 0 ? null : moved > 0}
  })
}

/**
 * A deciding condition that left every text and every forced score as own's was not applied. With texts alone that
 * cannot be told: a model may answer alike with any latents.
 */
export function appliedGuard(row: DiagnosedRow): Guard {
  const changes = changesOf(row).filter(({condition}) => (decidingConditions as readonly string[]).includes(condition))
  const still = changes.filter(({texts, forced}) => texts === 0 && forced === false)
  const unknown = changes.filter(({texts, forced}) => texts === null || (texts === 0 && forced === null))
  const name = 'applied'
  if (still.length > 0) {
    const names = still.map(({condition}) => condition).join(', ')
    return {
      ...{name, ok: false, detail: `${names}: no text and no forced score differs from own`},
      todo: 'Check that the runner feeds the replaced latents; an arm that changes nothing was not applied.',
    }
  }
  if (changes.length === 0) return {name, ok: null, detail: 'no deciding condition was asked'}
  const shares = changes.flatMap(({condition, texts}) => (texts === null ? [] : [`${condition} ${percent(texts)}`]))
  const told = shares.length === 0 ? '' : `texts changed: ${shares.join(', ')}`
  if (unknown.length === 0) return {name, ok: true, detail: told}
  const which = unknown.map(({condition}) => condition).join(', ')
  const reason = `whether ${which} took effect cannot be told without teacher-forced scores`
  return {name, ok: null, detail: [reason, told].filter(part => part !== '').join('; ')}
}

export interface Panel {
  /** Extractors that read enough of own's answers to be evidence. */
  readonly counted: readonly string[]
  /** Extractors that read one letter whatever was said, such as the first of a word that starts every answer. */
  readonly stuck: readonly {readonly extractor: string; readonly letter: string; readonly share: number}[]
}

/** The extractors of the panel, by how they read own's answers. Those that read too few are in neither list. */
export function panelOf(row: DiagnosedRow): Panel {
  const read = new Map<string, Map<string, number>>()
  const chosen = new Map<string, number>()
  for (const {under} of samplesOf(row)) {
    const own = under[ownCondition]
    if (own?.panel === undefined) continue
    if (own.outcome !== 'unanswered' && own.score !== null) count(chosen, own.answer ?? '')
    for (const [name, {letter}] of Object.entries(own.panel)) {
      const letters = read.get(name) ?? new Map<string, number>()
      read.set(name, letters)
      if (letter !== null) count(letters, letter)
    }
  }
  const enough = [...read].filter(([, letters]) => total(letters) >= leastRead * total(chosen))
  const stuck = enough.flatMap(([extractor, letters]) => {
    const [letter = '', times = 0] = [...letters].sort(([, a], [, b]) => b - a)[0] ?? []
    const share = times / Math.max(1, total(letters))
    const alike = (chosen.get(letter) ?? 0) >= stuckFrom * total(chosen)
    return share >= stuckFrom && !alike ? [{extractor, letter, share}] : []
  })
  const left = new Set(stuck.map(({extractor}) => extractor))
  return {counted: enough.map(([name]) => name).filter(name => !left.has(name)), stuck}
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function total(counts: ReadonlyMap<string, number>): number {
  let sum = 0
  for (const times of counts.values()) sum += times
  return sum
}

const claims = (verdict: DiagnosisVerdict) => verdict !== 'inconclusive' && verdict !== 'void'

/** Fails where an extractor makes another claim than the chosen one; a claim that becomes inconclusive is named. */
export function extractorGuard(
  verdict: DiagnosisVerdict,
  panel: readonly {extractor: string; verdict: DiagnosisVerdict}[],
  stuck: Panel['stuck'] = [],
): Guard {
  const name = 'extractor'
  const left = stuck.map(
    ({extractor, letter, share}) => `${extractor} left out: it reads ${letter} in ${percent(share)} of own's answers`,
  )
  const told = (...parts: string[]) => [...parts, ...left].join('; ')
  if (panel.length === 0) return {name, ok: null, detail: told('the answers were read by one extractor only')}
  const flips = panel.filter(other => other.verdict !== verdict)
  const detail = told(
    flips.length === 0
      ? `${verdict} under all ${panel.length} extractors`
      : `flips under ${flips.map(other => `${other.extractor} (${other.verdict})`).join(', ')}`,
  )
  const contradicted = claims(verdict) && flips.some(other => claims(other.verdict))
  if (!contradicted) return {name, ok: true, detail}
  const todo = 'Fix the extractor beforehand, or use teacher-forced readings, which need none.'
  return {name, ok: false, detail, todo}
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`
}
