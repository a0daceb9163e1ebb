// A worker: takes free units until none is left, or one unit by its index. How a unit runs is given from outside.
import {LanternError, messageOf} from '../../core/errors.js'
import {random} from '../../core/random.js'
import {type Holder, type Tenant, thisProcess, Watch} from '../../run-folder/lease.js'
import {type Begun, begunReader, begunUnits, type Claim, claim, claimPath, type UnitEnd} from './claims.js'
import type {Sweep, Unit} from './plan.js'
import type {UnitQueue} from './queue.js'

/** Runs one unit to its end. `interrupted` gives it back. */
export type RunUnit = (
  unit: Unit,
  signal: AbortSignal,
) => Promise<{readonly verdict: string; readonly reason: string | null}>

export interface Worked {
  readonly done: number
  readonly failed: number
  /** Units that another worker took over while this one was suspended. */
  readonly lost: number
}

export interface Working {
  /** Told what becomes of each unit. */
  readonly tell?: (level: 'info' | 'warn', sentence: string) => void
  readonly tenant?: Tenant
  /** Says which free unit is next, in place of a walk over the folder. */
  readonly queue?: UnitQueue
}

/** Pauses of a worker that waits for others grow from the first to the second. */
const pausesMs = [250, 5000] as const

/** These are failures of the machine of a worker, not of a unit: the next unit would meet them too. */
const ofMachine = new Set(['disk', 'device'])

/**
 * Takes units until none is left, and waits for those that others hold: theirs may die. Throws `disk` and `device`,
 * once the unit at hand was given back.
 */
export async function workAll(
  sweep: Sweep,
  run: RunUnit,
  signal: AbortSignal,
  {tell = () => {}, tenant = thisProcess(), queue}: Working = {},
): Promise<Worked> {
  const {dir, units} = sweep
  const worker = new Worker(sweep, run, signal, tell, tenant)
  const {clock} = tenant
  const watch = new Watch(tenant)
  const draw = random('sweep work', tenant.host, tenant.pid, clock.now())
  let pause: number = pausesMs[0]
  const read = begunReader(dir)
  while (!signal.aborted) {
    const begun = await read()
    const free = units.filter(({index}) => isFree(begun.get(index)))
    if (free.length > 0 && queue === undefined) {
      // Workers that walk on from different places rarely want the same unit, and stay with one model for a while.
      const from = begun.size === 0 ? 0 : draw.integer(free.length)
      for (let k = 0; k < free.length && !signal.aborted; k++) {
        const unit = free[(from + k) % free.length]!
        // Another was faster: what was read of the folder is old.
        if (!(await worker.take(unit, begun.get(unit.index)))) break
      }
      pause = pausesMs[0]
      continue
    }
    if (free.length > 0 && queue !== undefined && (await worker.takeFrom(queue, free, begun, watch))) {
      pause = pausesMs[0]
      continue
    }
    const held = units.filter(({index}) => begun.get(index)?.state === 'open')
    if (free.length === 0 && held.length === 0) {
      await queue?.clear()
      break
    }
    let took = false
    const places = new Set<string>()
    for (const unit of held) {
      if (signal.aborted) break
      const now = begun.get(unit.index)!
      const path = claimPath(dir, unit.index, now.generation)
      places.add(path)
      const sight = await watch.look(path)
      if (sight?.dead && (await worker.take(unit, now, sight.holder))) took = true
    }
    watch.keepOnly(places)
    if (took) continue
    await clock.sleep(Math.min(pause * (0.75 + 0.5 * draw.next()), watch.pauseMs), signal)
    pause = Math.min(2 * pause, pausesMs[1])
  }
  return worker.worked
}

/**
 * Runs one unit, unless it is done; one that failed is run again. Whether a worker on another host still has it shows
 * within a lease. Throws `usage` for an index outside the plan and for a unit that a living worker has, `hold-lost` for
 * one that was taken over, and `disk` and `device`.
 */
export async function workOne(
  sweep: Sweep,
  index: number,
  run: RunUnit,
  signal: AbortSignal,
  {tell = () => {}, tenant = thisProcess()}: Working = {},
): Promise<Worked> {
  const {dir, units} = sweep
  const unit = units[index]
  if (unit === undefined)
    throw new LanternError('usage', `There is no unit ${index}.`, `Give an index from 0 to ${units.length - 1}.`)
  const worker = new Worker(sweep, run, signal, tell, tenant)
  const watch = new Watch(tenant)
  for (let looks = 0; !signal.aborted; looks++) {
    const begun = (await begunUnits(dir)).get(index)
    if (begun?.state === 'done') {
      tell('info', `Unit ${index} is done already.`)
      break
    }
    if (begun?.state !== 'open') {
      if (await worker.take(unit, begun)) break
      continue
    }
    const path = claimPath(dir, index, begun.generation)
    const sight = await watch.look(path)
    if (sight?.dead) {
      if (await worker.take(unit, begun, sight.holder)) break
      continue
    }
    if (sight === null) continue
    const {pid, host, leaseSeconds} = sight.holder!
    if (sight.beat || (await watch.isFresh(path, sight)))
      throw new LanternError(
        'usage',
        `Unit ${index} is being worked on by process ${pid} on ${host}.`,
        'Wait for its worker, or stop it.',
      )
    if (looks === 0)
      tell('info', `Waiting up to ${leaseSeconds} s to see whether process ${pid} on ${host} still has unit ${index}.`)
    await tenant.clock.sleep(Math.min(1000, watch.pauseMs), signal)
  }
  if (worker.worked.lost > 0)
    throw new LanternError(
      'hold-lost',
      `Unit ${index} was taken over by another worker while this one stood still.`,
      'That worker goes on with it; this one has nothing left to do.',
    )
  return worker.worked
}

/** A unit that nobody has begun, or that was given back. */
function isFree(begun: Begun | undefined): boolean {
  return begun === undefined || begun.state === 'freed'
}

/** Runs the units that one process gets, and counts what became of them. */
class Worker {
  readonly worked = {done: 0, failed: 0, lost: 0}
  /** Whether this worker filled the queue and was given nothing since. */
  #filled = false

  constructor(
    private readonly sweep: Sweep,
    private readonly run: RunUnit,
    private readonly signal: AbortSignal,
    private readonly tell: NonNullable<Working['tell']>,
    private readonly tenant: Tenant,
  ) {}

  /** Claims a unit and runs it to its end. False where another worker was faster. */
  async take(unit: Unit, begun: Begun | undefined, from: Holder | null = null): Promise<boolean> {
    const mine = await claim(this.sweep.dir, unit.index, begun?.generation ?? 0, this.tenant)
    if (mine === null) return false
    const after = from === null ? '' : `, taken over from process ${from.pid} on ${from.host}, which is gone`
    this.tell('info', `${nameOf(unit)} begins${after}.`)
    try {
      await this.finish(mine, unit)
    } finally {
      mine.close()
    }
    return true
  }

  /**
   * Takes the unit that the queue hands out, and fills the queue where it is empty. False where all of it is with other
   * workers. The folder has the last word: a unit that is done, or that a living worker has, is dropped.
   */
  async takeFrom(
    queue: UnitQueue,
    free: readonly Unit[],
    begun: ReadonlyMap<number, Begun>,
    watch: Watch,
  ): Promise<boolean> {
    const handed = await queue.next()
    if (handed === null) {
      if (!(await queue.isEmpty())) return false
      // A queue that was filled and hands out nothing is of no use, and the folder is as good.
      if (this.#filled) return this.take(free[0]!, begun.get(free[0]!.index))
      await queue.add(free.map(({index}) => index))
      this.#filled = true
      return true
    }
    this.#filled = false
    try {
      const unit = this.sweep.units[handed.index]
      const now = begun.get(handed.index)
      if (unit === undefined) return true
      if (isFree(now)) await this.take(unit, now)
      else if (now?.state === 'open') {
        const sight = await watch.look(claimPath(this.sweep.dir, unit.index, now.generation))
        if (sight?.dead) await this.take(unit, now, sight.holder)
      }
      return true
    } finally {
      handed.through()
    }
  }

  private async finish(mine: Claim, unit: Unit): Promise<void> {
    const {clock, host} = this.tenant
    const began = clock.now()
    const end = await this.outcomeOf(mine, unit)
    const result = end === null ? null : {...end, host, seconds: Math.round(clock.now() - began) / 1000}
    if (mine.lost.aborted || (result !== null && !(await mine.end(result)))) {
      this.worked.lost++
      const rest = 'Whoever has it now goes on with it.'
      this.tell(
        'warn',
        `${nameOf(unit)} was taken from this worker, which had stood still for longer than a lease. ${rest}`,
      )
    } else if (result === null) {
      await mine.free()
      this.tell('info', `${nameOf(unit)} was given back.`)
    } else {
      this.worked[result.state]++
      const {state, seconds, reason} = result
      if (state === 'done') this.tell('info', `${nameOf(unit)} is done after ${seconds.toFixed(1)} s.`)
      else this.tell('warn', `${nameOf(unit)} failed: ${reason}`)
    }
  }

  /** Null for an interrupted unit. Gives the unit back before it throws. */
  private async outcomeOf(mine: Claim, unit: Unit): Promise<Pick<UnitEnd, 'state' | 'reason'> | null> {
    try {
      const {verdict, reason} = await this.run(unit, AbortSignal.any([this.signal, mine.lost]))
      if (verdict === 'interrupted') return null
      return {state: verdict === 'done' ? 'done' : 'failed', reason}
    } catch (error) {
      if (this.signal.aborted) return null
      if (error instanceof LanternError && ofMachine.has(error.code)) {
        // On a full disk this fails too. The claim is dead once this process has ended.
        await mine.free().catch(() => undefined)
        throw error
      }
      return {state: 'failed', reason: messageOf(error)}
    }
  }
}

/** A unit as people see it. */
function nameOf({index, model, bench, shard}: Unit): string {
  return `Unit ${index} (${model}, ${bench} ${shard})`
}
