// Simulates the figure of a cell, with its Monte Carlo error.
import {random} from '../../src/core/random.js'
import {type Cell, figures} from './cells.js'

export interface Simulated {
  readonly cell: Cell
  readonly runs: number
  readonly share: number
  /** Monte Carlo standard error of the share. */
  readonly error: number
  /** Whether it lies more than two standard errors outside the bounds of its figure. */
  readonly failed: boolean
}

/** How far outside its bounds a figure has to lie to fail, in standard errors. */
const allowance = 2

/** Few differing answers make intervals wide, but they do not excuse a false alarm. */
export function excused({figure, few}: Cell): boolean {
  return few && figures[figure].low > 0
}

export function simulate(cell: Cell, runs: number): Simulated {
  const drawn = random('calibrate', cell.figure, cell.design, cell.truth)
  let count = 0
  for (let run = 0; run < runs; run++) count += Number(cell.run(drawn))
  const share = count / runs
  const {low, high} = figures[cell.figure]
  // The error is taken at the bound, because a share of 0 or 1 has an estimated error of 0.
  const errorAt = (p: number) => Math.sqrt((p * (1 - p)) / runs)
  const failed = share < low - allowance * errorAt(low) || (!excused(cell) && share > high + allowance * errorAt(high))
  return {cell, runs, share, error: errorAt(share), failed}
}
