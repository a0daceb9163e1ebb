// The plan of a sweep on disk: plan.json and units.jsonl, written once and never changed. A unit is one model on one
// shard of one benchmark under one seed, with all conditions of its samples. Running units is not its business.
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {z} from 'zod'
import {LanternError, messageOf} from '../../core/errors.js'
import {makeFolder} from '../../core/folders.js'
import {hashOf, sha256} from '../../core/hash.js'
import {jsonOrNothing} from '../../core/json.js'
import {writeWhole} from '../../core/part-file.js'

const unitSchema = z.strictObject({
  index: z.number().int().min(0),
  model: z.string(),
  bench: z.string(),
  /** The seed of its run, where the file lists several; else that of the settings. */
  seed: z.number().int().optional(),
  shard: z.string(),
  /** The run that it is a part of: a folder name under `runs/`. */
  run: z.string(),
})
export type Unit = z.infer<typeof unitSchema>

const planSchema = z.strictObject({
  schema: z.literal(1),
  /** Hash over everything else in this file. */
  hash: z.string(),
  /** The folder to which the paths in the settings are relative. */
  folder: z.string(),
  /** Settings of `run` that all units share, as the file gives them. */
  settings: z.record(z.string(), z.unknown()),
  units: z.number().int(),
  unitsSha256: z.string(),
})
export type Plan = z.infer<typeof planSchema>

export interface Sweep {
  readonly dir: string
  readonly plan: Plan
  readonly units: readonly Unit[]
}

/**
 * Every model on every benchmark under every seed is a run, cut into shards. `run` names are unique, and name the seed
 * where seeds are listed; none stands for that of the settings.
 */
export function unitsOf(
  models: readonly string[],
  benchmarks: readonly string[],
  shards: number,
  seeds: readonly number[] = [],
): Unit[] {
  const units: Unit[] = []
  const taken = new Set<string>()
  for (const model of models)
    for (const bench of benchmarks)
      for (const seed of seeds.length > 0 ? seeds : [undefined]) {
        const named = seed === undefined ? '' : `-seed-${seed}`
        const plain = `${bench}-${model}`.replaceAll(/[^\w.-]+/g, '_').slice(-80) + named
        let run = plain
        for (let more = 2; taken.has(run); more++) run = `${plain}-${more}`
        taken.add(run)
        for (let shard = 1; shard <= shards; shard++)
          units.push({
            index: units.length,
            model,
            bench,
            ...(seed !== undefined && {seed}),
            shard: `${shard}/${shards}`,
            run,
          })
      }
  return units
}

/** Writes a plan. A folder with the same plan is left as it is. Throws `provenance` where another plan is there. */
export async function writePlan(
  dir: string,
  units: readonly Unit[],
  {folder, settings}: Pick<Plan, 'folder' | 'settings'>,
): Promise<Plan> {
  const lines = units.map(unit => `${JSON.stringify(unit)}\n`).join('')
  const parts = {schema: 1 as const, folder, settings, units: units.length, unitsSha256: sha256(lines)}
  const plan: Plan = {...parts, hash: hashOf(parts)}
  const before = await readFile(join(dir, 'plan.json'), 'utf8').catch(() => null)
  if (before !== null) {
    const there = planSchema.safeParse(jsonOrNothing(before)).data
    if (there?.hash === plan.hash) return plan
    throw new LanternError('provenance', `${dir} holds another plan.`, 'A plan never changes: give another --out.')
  }
  for (const name of ['claims', 'ends', 'units', 'logs']) await makeFolder(join(dir, name))
  await writeWhole(join(dir, 'units.jsonl'), lines)
  await writeWhole(join(dir, 'plan.json'), `${JSON.stringify(plan, null, 2)}\n`)
  return plan
}

/** Reads a plan. Throws `bad-file` where there is none, and `provenance` for one that was changed. */
export async function readSweep(dir: string): Promise<Sweep> {
  let text: string
  let lines: string
  try {
    text = await readFile(join(dir, 'plan.json'), 'utf8')
    lines = await readFile(join(dir, 'units.jsonl'), 'utf8')
  } catch (error) {
    throw new LanternError(
      'bad-file',
      `${dir} holds no plan of a sweep: ${messageOf(error)}.`,
      'Make one with `lantern-eval sweep plan FILE --out DIR`.',
    )
  }
  const plan = planSchema.safeParse(jsonOrNothing(text)).data
  if (plan === undefined) throw new LanternError('bad-file', `${dir}/plan.json is not a plan.`, 'Plan the sweep again.')
  const {hash, ...parts} = plan
  if (hashOf(parts) !== hash || sha256(lines) !== plan.unitsSha256)
    throw new LanternError('provenance', `The plan in ${dir} was changed.`, 'Plan the sweep again, in another folder.')
  const units = lines
    .split('\n')
    .filter(line => line !== '')
    .map(line => unitSchema.parse(jsonOrNothing(line)))
  return {dir, plan, units}
}

/** The run folder of a unit. */
export function unitDir(dir: string, {run, shard}: Unit): string {
  return join(dir, 'units', `${run}-shard-${shard.replace('/', '-of-')}`)
}
