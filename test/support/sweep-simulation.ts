// Many workers of a sweep in one process, over real claim files, in a time of their own: some die, some stand still for
// minutes, and their clocks differ in zero, rate and in what they stamp on files. All that is simulated is the time and
// the units' work; plan, claims, leases and workers are the real ones.
import {utimes} from 'node:fs/promises'
import {random} from '../../src/core/random.js'
import {claimPath} from '../../src/evaluation/sweep/claims.js'
import type {Sweep} from '../../src/evaluation/sweep/plan.js'
import {workAll} from '../../src/evaluation/sweep/work.js'
import {type Clock, type Tenant, thisProcess} from '../../src/run-folder/lease.js'

/** One run of one unit by one worker, in milliseconds of simulated time. */
interface Ran {
  readonly unit: number
  readonly worker: SimulatedWorker
  readonly from: number
  /** Null for a run that its worker did not survive. */
  to: number | null
}

/** Everything that waits, and the time, which moves on once nobody does anything. */
class World {
  now = 0
  #busy = 0
  #waiting: {at: number; worker: SimulatedWorker; go: () => Promise<void> | void}[] = []
  #moving = false

  /** Runs `work` now; time stands still until it waits or ends. */
  async active(work: () => Promise<unknown>): Promise<void> {
    this.#busy++
    try {
      await work()
    } finally {
      this.rest()
    }
  }

  wake(): void {
    this.#busy++
  }

  rest(): void {
    this.#busy--
    if (this.#busy > 0 || this.#moving) return
    this.#moving = true
    // Whatever is due in this turn of the event loop still comes before the time moves.
    setImmediate(() => {
      this.#moving = false
      if (this.#busy === 0) this.#move()
    })
  }

  at(at: number, worker: SimulatedWorker, go: () => Promise<void> | void): () => void {
    const entry = {at, worker, go}
    this.#waiting.push(entry)
    return () => {
      this.#waiting = this.#waiting.filter(other => other !== entry)
    }
  }

  #move(): void {
    while (this.#waiting.length > 0) {
      this.now = Math.max(this.now, Math.min(...this.#waiting.map(({at}) => at)))
      const due = this.#waiting.filter(({at}) => at <= this.now)
      this.#waiting = this.#waiting.filter(({at}) => at > this.now)
      let went = false
      for (const entry of due) {
        const {worker, go} = entry
        // Who is dead never wakes; who stands still wakes late.
        if (worker.diesAt <= this.now) worker.die()
        else if (worker.stalls && worker.stalls.from <= this.now && this.now < worker.stalls.to) {
          entry.at = worker.stalls.to
          this.#waiting.push(entry)
        } else {
          went = true
          void this.active(async () => go())
        }
      }
      if (went) return
    }
  }
}

class SimulatedWorker {
  readonly died: Promise<void>
  die: () => void = () => {}
  readonly clock: Clock

  constructor(
    readonly world: World,
    readonly name: string,
    readonly diesAt: number,
    readonly stalls: {readonly from: number; readonly to: number} | null,
    /** Milliseconds at time zero, and how fast it goes. */
    zero: number,
    rate: number,
    /** What it stamps on files, beside the time. */
    readonly stampMs: number,
  ) {
    this.died = new Promise(resolve => {
      this.die = resolve
    })
    this.clock = {
      now: () => zero + world.now * rate,
      sleep: (ms, signal) =>
        new Promise<void>(resolve => {
          if (signal?.aborted) return resolve()
          const cancel = world.at(world.now + ms / rate, this, () => {
            signal?.removeEventListener('abort', onAbort)
            // The sleeper is as busy as before, from here on.
            world.wake()
            resolve()
          })
          const onAbort = () => {
            cancel()
            world.wake()
            resolve()
          }
          signal?.addEventListener('abort', onAbort, {once: true})
          world.rest()
        }),
      every: (ms, work) => {
        let cancel = () => {}
        let stopped = false
        const next = () => {
          cancel = world.at(world.now + ms / rate, this, async () => {
            await work()
            if (!stopped) next()
          })
        }
        next()
        return () => {
          stopped = true
          cancel()
        }
      },
    }
  }
}

export interface Simulated {
  /** Runs of units that began, and those of them that another run of the same unit came after. */
  readonly runs: number
  readonly again: number
  readonly died: number
  readonly stalled: number
  /** Units that a worker was told to have lost, summed over the workers. */
  readonly lost: number
  /** Simulated seconds until the last worker left. */
  readonly seconds: number
  /** Units that a second worker began although the first one could still have had it, in sentences. */
  readonly faults: readonly string[]
}

/** Works on a sweep with this many workers, of which a tenth dies and a tenth stands still for three to ten minutes. */
export async function simulate(sweep: Sweep, count: number, seed: number): Promise<Simulated> {
  const draw = random('sweep simulation', seed)
  const world = new World()
  const span = (sweep.units.length / count) * 20_000
  const workers = Array.from({length: count}, (_, k) => {
    const from = 5000 + draw.next() * span
    const stalls = k % 10 === 1 ? {from, to: from + 180_000 + draw.next() * 420_000} : null
    const diesAt = k % 10 === 0 && k > 0 ? from : Number.POSITIVE_INFINITY
    const day = 86_400_000
    const [zero, rate, stamp] = [draw.next() * day, 0.99 + 0.02 * draw.next(), (2 * draw.next() - 1) * day]
    return new SimulatedWorker(world, `host-${k}`, diesAt, stalls, zero, rate, stamp)
  })
  const ran: Ran[] = []
  const generations = new Map<number, number>()
  let lost = 0
  const all = workers.map(async worker => {
    const {clock, name} = worker
    const tenant: Tenant = {...thisProcess({}), host: name, realm: name, leaseSeconds: 60, clock}
    const run = async ({index}: {index: number}, signal: AbortSignal) => {
      const one: Ran = {unit: index, worker, from: world.now, to: null}
      ran.push(one)
      const generation = (generations.get(index) ?? 0) + 1
      generations.set(index, generation)
      const stamp = new Date(Date.now() + worker.stampMs)
      await utimes(claimPath(sweep.dir, index, generation), stamp, stamp)
      await clock.sleep(5000 + random('unit', seed, index).next() * 30_000, signal)
      one.to = world.now
      return signal.aborted ? {verdict: 'interrupted', reason: null} : {verdict: 'done', reason: null}
    }
    await Promise.race([
      worker.died,
      world.active(async () => {
        const worked = await workAll(sweep, run, new AbortController().signal, {tenant})
        lost += worked.lost
      }),
    ])
  })
  await Promise.all(all)
  return {
    runs: ran.length,
    again: ran.length - generations.size,
    died: workers.filter(({diesAt}) => diesAt < world.now).length,
    stalled: workers.filter(({stalls}) => stalls !== null && stalls.from < world.now).length,
    lost,
    seconds: Math.round(world.now / 1000),
    faults: faultsIn(ran),
  }
}

/** A unit may begin again only once its last worker was dead or stood still for all but one beat of a lease. */
function faultsIn(ran: readonly Ran[]): string[] {
  const last = new Map<number, Ran>()
  const faults: string[] = []
  for (const one of ran) {
    const before = last.get(one.unit)
    last.set(one.unit, one)
    if (before === undefined) continue
    const {worker} = before
    const quietFrom = Math.min(worker.diesAt, worker.stalls?.from ?? Number.POSITIVE_INFINITY)
    if (one.from - quietFrom < 40_000)
      faults.push(`unit ${one.unit} of ${worker.name} was begun again by ${one.worker.name} at ${one.from}`)
  }
  return faults
}
