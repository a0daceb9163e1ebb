// Runs the variations of `--vary`: each in a folder of its own, so that the same command resumes. Variations that
// differ in the extractor alone share the answers of one run.
import {join} from 'node:path'
import {LanternError} from '../../core/errors.js'
import {evaluate, type RunEnd, totalOf} from '../../evaluation/evaluate.js'
import {type Prepared, prepare} from '../../evaluation/prepare.js'
import {rescore} from '../../evaluation/rescore.js'
import type {RunEvent} from '../../evaluation/spec.js'
import {publishRun, writeText} from '../../reports/publish.js'
import {readRun} from '../../reports/read-run.js'
import type {Sensitivity} from '../../reports/schemas/sensitivity.js'
import {type Choice, labelOf, sensitivityOf, type VariedRun} from '../../reports/sensitivity.js'
import {sensitivityMarkdown} from '../../reports/sensitivity-text.js'
import {defaultRunDir} from '../../run-folder/run-dir.js'
import {Budget} from '../../runners/budget.js'
import {type RunValues, toSpec} from '../run-spec.js'
import {askingOf, type Variation, type Varied, variationsOf, variedSettings} from './variations.js'

/** More runs than this are started with --yes alone. */
const manyRuns = 100

export interface VaryPlan {
  readonly dir: string
  readonly design: Sensitivity['design']
  readonly defaults: readonly Choice[]
  readonly runs: readonly {
    readonly label: string
    readonly dir: string
    readonly lock: string
    /** Answers to ask for; 0 where those of another run are read again. */
    readonly answers: number
    /** The run whose answers are read again. */
    readonly rescores: string | null
  }[]
}

interface Step {
  readonly variation: Variation
  readonly dir: string
  readonly lock: string
  readonly answers: number
  /** The step whose answers it shares; itself where it asks. */
  readonly asker: number
}

export interface Planned {
  readonly plan: VaryPlan
  readonly steps: readonly Step[]
}

type Show = (event: RunEvent) => void
type Environment = Readonly<Record<string, string | undefined>>

/**
 * What `--vary` would run. Nothing is sent, and no model is loaded. Variations that come to the run of an earlier one
 * (a mode that is the checkpoint's default) are left out.
 * Throws `usage` for a run with several arms, for option orders where groups are scored, and for more than 100 runs
 * without --yes; and what `prepare` throws for any of the variations.
 */
export async function planVariations(
  values: RunValues & {yes: boolean},
  env: Environment,
  show: Show,
): Promise<Planned> {
  const planning = async (of: RunValues) => {
    const prepared = await prepare(await toSpec({...of, 'dry-run': true}, env), event => show({type: 'runner', event}))
    try {
      return factsOf(prepared)
    } finally {
      await prepared.close()
    }
  }
  const base = await planning(values)
  if (base.arms !== 1)
    throw new LanternError(
      'usage',
      `--vary takes one arm, and this run has ${base.arms}.`,
      'Name one --model, --mode, --latent-size and --intervention, and vary the others.',
    )
  const {benchmarks, grouped, latent} = base
  const varied = await variedSettings(values.vary!, values, {benchmarks, latent})
  if (grouped !== undefined && varied.some(({setting}) => setting === 'options'))
    throw new LanternError(
      'usage',
      `The option orders of ${grouped} cannot vary: with more orders, more answers have to be right for a group.`,
      'Leave options out, or run them as arms of their own.',
    )
  const variations = variationsOf(varied, values, values['vary-all'])
  if (variations.length > manyRuns && !values.yes)
    throw new LanternError(
      'usage',
      `--vary asks for ${variations.length} runs.`,
      'Give fewer values, or --yes to run them all.',
    )
  const dir = values.out ?? `${base.dir}-vary`
  const steps: Step[] = []
  for (const variation of variations) {
    const facts = variation.changes.length === 0 ? base : await planning(variation.values)
    if (facts.arms !== 1) throw new LanternError('usage', `${labelOf(variation.changes)} has ${facts.arms} arms.`)
    if (steps.some(({lock}) => lock === facts.lock)) continue
    const sibling = steps.findIndex(step => askingOf(step.variation) === askingOf(variation))
    const asker = sibling === -1 ? steps.length : steps[sibling]!.asker
    const {lock, answers} = facts
    steps.push({variation, dir: join(dir, folderOf(variation, steps)), lock, answers, asker})
  }
  return {plan: planOf(dir, steps, varied, values['vary-all'], base.mode), steps}
}

/** The facts of a prepared run that a design needs. */
function factsOf(prepared: Prepared) {
  const {lock, models} = prepared
  return {
    arms: lock.arms.length,
    mode: lock.arms[0]!.mode,
    benchmarks: lock.benchmarks.map(({id}) => id),
    grouped: lock.benchmarks.find(({aggregate}) => aggregate === 'group')?.id,
    latent: models[0]!.session.describe().latent !== null,
    lock: lock.hash,
    dir: defaultRunDir(lock),
    answers: totalOf(prepared),
  }
}

function planOf(dir: string, steps: readonly Step[], varied: readonly Varied[], all: boolean, mode: string): VaryPlan {
  return {
    ...{dir, design: all ? 'all' : 'one-at-a-time'},
    // The mode of a checkpoint is known only now.
    defaults: varied.map(({setting, default: value}) => ({
      setting,
      value: setting === 'mode' && value === 'default' ? mode : value,
    })),
    runs: steps.map(({variation, dir, lock, answers, asker}, k) => ({
      ...{label: labelOf(variation.changes), dir, lock},
      answers: asker === k ? answers : 0,
      rescores: asker === k ? null : steps[asker]!.dir,
    })),
  }
}

/** `default`, or the changes as a name of a folder; a number is added where another has that name. */
function folderOf({changes}: Variation, before: readonly Step[]): string {
  const name = labelOf(changes)
    .replaceAll(', ', '+')
    .replaceAll(/[^\w.=+-]+/g, '_')
    .slice(0, 100)
  const taken = before.filter(({dir}) => dir.endsWith(`/${name}`)).length
  return taken === 0 ? name : `${name}-${before.length}`
}

export interface VaryEnd {
  /** Null where a run did not finish. */
  readonly document: Sensitivity | null
  /** The run that did not finish. */
  readonly end: RunEnd | null
}

/**
 * Runs the steps, each after the one whose answers it reads again, and writes sensitivity.json and sensitivity.md.
 * Stops at the first run that does not finish; the same call goes on there.
 */
export async function runVariations(
  {plan, steps}: Planned,
  env: Environment,
  {show, tell, signal}: {show: Show; tell: (message: string) => void; signal: AbortSignal},
): Promise<VaryEnd> {
  const runs: VariedRun[] = []
  for (const [k, {variation, dir, asker}] of steps.entries()) {
    tell(`${k + 1} of ${steps.length}: ${labelOf(variation.changes)}${asker === k ? '' : ' (answers read again)'}`)
    const spec = await toSpec({...variation.values, out: dir}, env)
    const end = asker === k ? await asked(spec, show, signal) : await reread(spec, steps[asker]!.dir, show, signal)
    await publishRun(end, {outputs: [], panel: false})
    if (end.verdict !== 'done') return {document: null, end}
    runs.push({changes: variation.changes, run: await readRun(dir), rescored: asker !== k})
  }
  const document = sensitivityOf(runs, plan)
  await writeText(join(plan.dir, 'sensitivity.json'), `${JSON.stringify(document, null, 2)}\n`)
  await writeText(join(plan.dir, 'sensitivity.md'), sensitivityMarkdown(document))
  return {document, end: null}
}

type Spec = Awaited<ReturnType<typeof toSpec>>

async function asked(spec: Spec, show: Show, signal: AbortSignal): Promise<RunEnd> {
  const prepared = await prepare(spec, event => show({type: 'runner', event}))
  try {
    return await evaluate(prepared, show, signal)
  } finally {
    await prepared.close()
  }
}

async function reread(spec: Spec, from: string, show: Show, signal: AbortSignal): Promise<RunEnd> {
  const {common, remote} = spec.runner
  return rescore(
    {
      ...{
        from,
        out: spec.out!,
        extractor: spec.extractor,
        judge: spec.judge,
        data: {},
        maxErrorRate: spec.maxErrorRate,
      },
      chat: {
        common: {...common, notify: event => show({type: 'runner', event})},
        remote: {...remote, baseUrls: {}, budget: new Budget(spec.budget)},
      },
    },
    signal,
  )
}
