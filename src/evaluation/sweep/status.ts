// How far a sweep is, and what frees its units again. Reads names of files; of their contents only those of units that
// are being worked on or have ended.
import {stat} from 'node:fs/promises'
import {join} from 'node:path'
import {z} from 'zod'
import {type Holder, stampOf, type Tenant, thisProcess, Watch} from '../../run-folder/lease.js'
import {type Begun, begunUnits, claimPath, endOfUnit, freeUnit} from './claims.js'
import type {Sweep} from './plan.js'

const count = z.number().int().min(0)

/** What `sweep status --json` prints. */
export const sweepStatusSchema = z.strictObject({
  schema: z.literal(1),
  /** Folder of the sweep, as it was named. */
  dir: z.string(),
  units: count,
  done: count,
  /** Units that a worker has and gives signs of life for. */
  running: count,
  failed: count,
  /** Units whose worker ended, or gave no sign for a whole lease by the stamps of the file system. */
  dead: count,
  /** Units that nobody has begun, or whose worker gave them back. */
  missing: count,
  /** From the mean time of a unit that is done; null before the first one. */
  secondsPerUnit: z.number().nullable(),
  /** At the mean time, by the workers that run now; null while none runs or before the first unit is done. */
  unitsPerHour: z.number().nullable(),
  etaSeconds: z.number().nullable(),
  hosts: z.record(z.string(), z.strictObject({done: count, running: count, failed: count, dead: count})),
  failures: z.array(
    z.strictObject({
      index: count,
      model: z.string(),
      bench: z.string(),
      shard: z.string(),
      host: z.string().nullable(),
      reason: z.string().nullable(),
    }),
  ),
  exitCode: z.literal(0),
})
export type SweepStatus = z.infer<typeof sweepStatusSchema>

/** Files read at once. */
const atOnce = 64

/** Counts the units by what became of them. Writes nothing but a probe for the time, and does without it. */
export async function statusOf({dir, units}: Sweep, tenant: Tenant = thisProcess()): Promise<SweepStatus> {
  const begun = await begunUnits(dir)
  const seemsDead = await silenceIn(dir)
  const watch = new Watch(tenant)
  const hosts: SweepStatus['hosts'] = {}
  const failures: SweepStatus['failures'] = []
  const total = {done: 0, running: 0, failed: 0, dead: 0}
  let seconds = 0
  const add = (what: keyof typeof total, host: string | undefined) => {
    total[what]++
    if (host === undefined) return
    hosts[host] ??= {done: 0, running: 0, failed: 0, dead: 0}
    hosts[host][what]++
  }
  await inParallel(units, async ({index, model, bench, shard}) => {
    const now = begun.get(index)
    if (now === undefined || now.state === 'freed') return
    if (now.state === 'open') {
      const sight = await watch.look(claimPath(dir, index, now.generation))
      const dead = !sight || sight.dead || (await seemsDead(index, now, sight.holder!))
      return add(dead ? 'dead' : 'running', sight?.holder?.host)
    }
    const end = await endOfUnit(dir, index, now)
    add(now.state, end?.host)
    if (now.state === 'done') seconds += end?.seconds ?? 0
    else failures.push({index, model, bench, shard, host: end?.host ?? null, reason: end?.reason ?? null})
  })
  const {done, running, failed, dead} = total
  const secondsPerUnit = done === 0 ? null : seconds / done
  const unitsPerHour = secondsPerUnit && running > 0 ? (3600 * running) / secondsPerUnit : null
  const left = units.length - done - failed
  return {
    ...{schema: 1, dir, units: units.length, ...total, missing: left - running - dead},
    ...{secondsPerUnit, unitsPerHour, etaSeconds: unitsPerHour && (3600 * left) / unitsPerHour},
    hosts: Object.fromEntries(Object.entries(hosts).sort(([a], [b]) => (a < b ? -1 : 1))),
    failures: failures.sort((a, b) => a.index - b.index),
    exitCode: 0,
  }
}

/**
 * Tells whether a claim was silent for a lease, by the stamps of the file system. They may err where it takes those of
 * its clients: this is for people, and nothing is taken over by it.
 */
async function silenceIn(dir: string): Promise<(index: number, begun: Begun, holder: Holder) => Promise<boolean>> {
  // A folder that may only be read can be looked at too.
  const now = await stampOf(join(dir, 'claims')).catch(() => null)
  return async (index, {generation}, {leaseSeconds}) => {
    const found = await stat(claimPath(dir, index, generation)).catch(() => null)
    return now !== null && found !== null && now - found.mtimeMs > 1000 * leaseSeconds
  }
}

/**
 * Frees failed units and those of dead workers; returns how many. Claims that seem dead by their stamps are watched for
 * a lease first, unless their process is known to have ended.
 * @param tell told that it takes a while
 */
export async function retry(
  {dir, units}: Sweep,
  signal?: AbortSignal,
  tell: (sentence: string) => void = () => {},
  tenant: Tenant = thisProcess(),
): Promise<number> {
  const begun = await begunUnits(dir)
  const seemsDead = await silenceIn(dir)
  const watch = new Watch(tenant)
  let freed = 0
  const free = async (index: number, {generation}: Begun) => {
    await freeUnit(dir, index, generation)
    freed++
  }
  let doubtful: [number, Begun][] = []
  for (const {index} of units) {
    const now = begun.get(index)
    if (now?.state === 'failed') await free(index, now)
    if (now?.state !== 'open') continue
    const sight = await watch.look(claimPath(dir, index, now.generation))
    if (!sight || sight.dead) await free(index, now)
    else if (await seemsDead(index, now, sight.holder!)) doubtful.push([index, now])
  }
  if (doubtful.length > 0)
    tell(`Watching ${doubtful.length} silent claims of other processes for a lease, up to ${tenant.leaseSeconds} s.`)
  while (doubtful.length > 0 && !signal?.aborted) {
    await tenant.clock.sleep(watch.pauseMs, signal)
    const still: [number, Begun][] = []
    for (const [index, now] of doubtful) {
      const sight = await watch.look(claimPath(dir, index, now.generation))
      if (!sight || sight.dead) await free(index, now)
      else if (!sight.beat) still.push([index, now])
    }
    doubtful = still
  }
  return freed
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  const walk = async () => {
    while (next < items.length) await work(items[next++]!)
  }
  await Promise.all(Array.from({length: atOnce}, walk))
}
