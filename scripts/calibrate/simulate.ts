// A cell's figure by simulation, with its own error.
import {random} from '../../src/core/random.js'
import {type Cell, figures} from './cells.js'

export interface Simulated {
  readonly cell: Cell
  readonly runs: number
  readonly share: number
  /** Monte Carlo standard error of the share. */
  readonly error: number
  /** Beyond two standard errors outside the bounds of its figure. */
  readonly failed: boolean
}

/** How far outside its bounds a figure has to lie to count, in standard errors: twice its own noise. */
const allowance = 2

/** Too few answers that differ make intervals wide; they are no excuse for a false alarm. */
export function excused({figure, few}: Cell): boolean {
  return few && figures[figure].low > 0
}

export function simulate(cell: Cell, runs: number): Simulated {
  const drawn = random('calibrate', cell.figure, cell.design, cell.truth)
  let count = 0
  for (let run = 0; run < runs; run++) count += Number(cell.run(drawn))
  const share = count / runs
  const {low, high} = figures[cell.figure]
  // The error at the bound: a share of 0 or 1 has none of its own.
  const errorAt = (p: number) => Math.sqrt((p * (1 - p)) / runs)
  const failed = share < low - allowance * errorAt(low) || (!excused(cell) && share > high + allowance * errorAt(high))
  return {cell, runs, share, error: errorAt(share), failed}
}
