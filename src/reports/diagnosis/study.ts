// Which recorded arms are judged, and as which condition. Arms that cannot be held against each other are refused here,
// with the reason.
import {didYouMean} from '../../core/closest.js'
import {LanternError} from '../../core/errors.js'
import {type Arm, armId} from '../../core/generation.js'
import {canonicalJson} from '../../core/hash.js'
import {decidingConditions, ownCondition} from '../../metrics/diagnosis/index.js'
import {interventionNames, isIntervention} from '../../modes/interventions.js'
import type {Lock, LockedBenchmark} from '../../run-folder/lock.js'
import {openRunFolder, type RunFolder} from '../../run-folder/reader.js'
import {sideRuns} from '../../run-folder/side-runs.js'
import {contractOf, disagreements} from '../comparability.js'
import {namesOfArm, pickArm, splitRunArm} from '../compare.js'

/** `NAME=RUN#ARM`: an arm of a run that does not know its intervention. */
export interface NamedArm {
  readonly condition: string
  readonly run: string
}

export interface StudyArm {
  readonly folder: RunFolder
  readonly arm: Arm
}

export interface ConditionArm extends StudyArm {
  readonly condition: string
}

export interface Study {
  /** Null for named arms. */
  readonly model: string | null
  /** `lantern:5`; null for named arms. */
  readonly protocol: string | null
  readonly own: StudyArm
  /** `own` and every condition beside it, each once. */
  readonly conditions: readonly ConditionArm[]
  /** Own arms of further runs: own, generated twice. */
  readonly again: readonly StudyArm[]
  /** Arms of the same model in other modes; they are shown beside the cost of own. */
  readonly beside: readonly StudyArm[]
  readonly warnings: readonly string[]
}

/**
 * The study in these runs, with what `diagnose` asked a second time: all latent arms of one model, protocol and K.
 * `RUN#PART` takes only the arms whose
 * id contains PART.
 * Throws `bad-file` and `provenance` as `openRunFolder` does; `usage` for several models or K, and where `own` is
 * missing; `provenance` for arms that do not compare.
 */
export async function studyOfRuns(runs: readonly string[]): Promise<Study> {
  const found: StudyArm[] = []
  for (const run of new Set(runs)) {
    const {dir, arm: part} = splitRunArm(run)
    const folder = await openRunFolder(dir)
    const arms = folder.lock.arms.filter(
      arm => part === undefined || namesOfArm(arm, folder.lock).some(name => name.includes(part)),
    )
    if (arms.length === 0) pickArm(folder, part)
    found.push(...arms.map(arm => ({folder, arm})))
    if (part !== undefined) continue
    for (const second of await sideRuns(dir, 'again')) {
      const again = await openRunFolder(second)
      found.push(...again.lock.arms.map(arm => ({folder: again, arm})))
    }
  }
  const latent = found.filter(({arm}) => arm.mode === 'latent')
  const kinds = new Set(latent.map(({arm}) => armId({...arm, intervention: ownCondition})))
  if (kinds.size > 1) {
    throw new LanternError(
      'usage',
      `The runs hold latent arms of ${kinds.size} kinds; one model, protocol and K is judged at a time.`,
      `Name one as RUN#PART, with a part that only its arms have:\n${[...kinds].map(id => `  ${id}`).join('\n')}`,
    )
  }
  const warnings: string[] = []
  const conditions: ConditionArm[] = []
  const again: StudyArm[] = []
  // The run with most arms speaks first, so that a shorter run of own alone is the second one.
  for (const one of latent.sort((a, b) => b.folder.lock.arms.length - a.folder.lock.arms.length)) {
    const condition = one.arm.intervention ?? ownCondition
    if (!conditions.some(other => other.condition === condition)) conditions.push({...one, condition})
    else if (condition === ownCondition) again.push(one)
    else warnings.push(`${condition} of ${one.folder.dir} is left out: another run has it too.`)
  }
  const own = ownOf(conditions, runs.join(', '))
  const {model, protocol, latentSize} = own.arm
  const others = found.filter(({arm}) => arm.mode !== 'latent' && arm.model === model)
  const beside = others.filter(({arm}, k) => others.findIndex(other => other.arm.id === arm.id) === k)
  for (const other of [...conditions, ...again, ...beside]) {
    assertAlike(own, other, again.includes(other))
    assertSameModel(own, other)
  }
  return {
    ...{model, protocol: `${protocol ?? 'default'}${latentSize === null ? '' : `:${latentSize}`}`},
    ...{own, conditions: inOrder(conditions), again, beside},
    warnings: [...warnings, ...fedFromElsewhere(own, conditions)],
  }
}

/**
 * The study of arms that the user names. Throws as `studyOfRuns` does, and `usage` for a condition that is named twice.
 * Runs of other models or settings are let through with a warning: imports cannot know what they share.
 */
export async function studyOfNamed(named: readonly NamedArm[]): Promise<Study> {
  const warnings: string[] = []
  const folders = new Map<string, RunFolder>()
  const conditions: ConditionArm[] = []
  for (const {condition, run} of named) {
    if (conditions.some(other => other.condition === condition))
      throw new LanternError('usage', `--arm names ${condition} twice.`, 'Give each condition one arm.')
    warnings.push(...strangeName(condition))
    const {dir, arm: part} = splitRunArm(run)
    const folder = folders.get(dir) ?? (await openRunFolder(dir))
    folders.set(dir, folder)
    const id = pickArm(folder, part)
    const arm = folder.lock.arms.find(one => one.id === id)!
    const taken = conditions.find(other => other.folder === folder && other.arm === arm)
    if (taken !== undefined) {
      throw new LanternError(
        'usage',
        `--arm names ${run} as ${taken.condition} and as ${condition}.`,
        'An arm stands for one condition.',
      )
    }
    conditions.push({condition, folder, arm})
  }
  const own = ownOf(conditions, 'the arms named with --arm')
  for (const other of conditions) {
    assertAlike(own, other, false)
    warnings.push(...differingSettings(own, other).map(what => `${other.condition} differs from own in ${what}.`))
  }
  return {model: null, protocol: null, own, conditions: inOrder(conditions), again: [], beside: [], warnings}
}

/** Own, what decides, and the rest as it was given. */
function inOrder(conditions: readonly ConditionArm[]): ConditionArm[] {
  const order = [ownCondition, ...decidingConditions] as readonly string[]
  const place = ({condition}: ConditionArm) => (order.includes(condition) ? order.indexOf(condition) : order.length)
  return [...conditions].sort((a, b) => place(a) - place(b))
}

function ownOf(conditions: readonly ConditionArm[], where: string): ConditionArm {
  const own = conditions.find(({condition}) => condition === ownCondition)
  if (own !== undefined) return own
  const there = conditions.map(({condition}) => condition).join(', ')
  throw new LanternError(
    'usage',
    `There is no arm with the model's own latents in ${where}${there === '' ? '; there is no latent arm at all' : `, only ${there}`}.`,
    'Everything is compared with own: add a run of that arm, or name it with --arm own=RUN#ARM.',
  )
}

/** Throws `provenance` unless both were asked the same samples in the same way. */
function assertAlike(own: StudyArm, other: StudyArm, partly: boolean): void {
  for (const bench of own.folder.lock.benchmarks) {
    const there = other.folder.lock.benchmarks.find(({id}) => id === bench.id)
    if (there === undefined || other.folder === own.folder) continue
    const facts = (one: StudyArm, of: LockedBenchmark) => {
      const {samples, ...rest} = contractOf(one.folder, {bench: of})
      return partly ? rest : {...rest, samples: samples!}
    }
    const differing = disagreements(facts(other, there), facts(own, bench))
    if (differing.length === 0) continue
    throw new LanternError(
      'provenance',
      `${other.arm.id} (${other.folder.dir}) cannot be held against own (${own.folder.dir}) on ${bench.id}: ${differing.join('; ')}.`,
      'Every condition needs the same samples, prompts, extractor and judge; `lantern-eval rescore` brings saved answers under one extractor.',
    )
  }
}

/** What else makes two arms the same model under another condition, by name. */
function settingsOf({folder: {lock}, arm}: StudyArm): Record<string, string> {
  const {sha256 = 'unknown', precision = 'unknown'} = lock.models.find(({ref}) => ref === arm.model) ?? {}
  const {temperature, maxNewTokens: _, ...decoding} = lock.decoding
  return {
    checkpoint: sha256,
    precision,
    temperature: String(temperature),
    decoding: canonicalJson(decoding),
    'limits of pixels': canonicalJson(lock.images),
  }
}

function differingSettings(own: StudyArm, other: StudyArm): string[] {
  return disagreements(settingsOf(other), settingsOf(own))
}

function assertSameModel(own: StudyArm, other: StudyArm): void {
  const differing = differingSettings(own, other)
  if (differing.length === 0) return
  throw new LanternError(
    'provenance',
    `${other.arm.id} (${other.folder.dir}) is not the model of own (${own.folder.dir}): ${differing.join('; ')}.`,
    'Run every condition with one checkpoint, precision and decoding; --arm compares arms of other settings, and says so.',
  )
}

/** Latents fed from another run than that of own are another recording of the same model: worth a word. */
function fedFromElsewhere(own: StudyArm, conditions: readonly ConditionArm[]): string[] {
  const strange = (lock: Lock) => lock.latentsFrom !== undefined && lock.latentsFrom !== own.folder.lock.hash
  const folders = new Set(conditions.map(({folder}) => folder).filter(({lock}) => strange(lock)))
  return [...folders].map(({dir}) => `${dir} was fed latents of another run than that of own.`)
}

/** A condition that nobody knows is shown, and decides nothing: a misspelt one must not go unnoticed. */
function strangeName(condition: string): string[] {
  if (isIntervention(condition) || condition === 'forced-template') return []
  const near = didYouMean(condition, interventionNames())
  if (near !== '') {
    throw new LanternError(
      'usage',
      `--arm ${condition}=...: there is no condition "${condition}".`,
      `${near}Conditions: ${interventionNames().join(', ')}.`,
    )
  }
  return [`${condition} is no condition that lantern-eval knows: it is shown, and decides nothing.`]
}
