// Counterfactual pairs of a study: what each condition answers about the two pictures, and how far own latents move.
import {type AnsweredPair, latentDistance, type PairFigures, pairFigures} from '../../metrics/diagnosis/index.js'
import {storedArms} from '../../run-folder/latents.js'
import type {Recorded} from './outcomes.js'
import type {Study} from './study.js'

type Cell = Recorded['cells'] extends ReadonlyMap<string, infer T> ? T : never

export interface StudiedPairs {
  readonly bench: string
  readonly conditions: readonly (PairFigures & {readonly condition: string})[]
  /** Mean distance of both sides' own latents, by whether the edit changes the gold; null where none is stored. */
  readonly distance: {readonly changed: number | null; readonly unchanged: number | null}
}

/**
 * Null where the benchmark has no counterfactual pairs. A pair is a group of two samples with the same question and
 * options; repeats are pairs of their own.
 */
export async function pairsOfStudy(study: Study, {bench, cells}: Recorded): Promise<StudiedPairs | null> {
  const pairs = pairedCells(cells)
  if (pairs.length === 0) return null
  const conditions = study.conditions.flatMap(({condition}) => {
    const answered = pairs.flatMap(pair => answeredUnder(pair, condition) ?? [])
    return answered.length === 0 ? [] : [{condition, ...pairFigures(answered)}]
  })
  const {folder, arm} = study.own
  const stored = (await storedArms(folder.dir)).find(one => one.isOf(arm.id))
  const distances: Record<'changed' | 'unchanged', number[]> = {changed: [], unchanged: []}
  for (const [one, other] of stored === undefined ? [] : pairs) {
    const latents = async ({sampleId, repeat}: Cell) => ((await stored!.read(bench.id, sampleId, repeat)) ?? []).flat()
    const distance = latentDistance(await latents(one), await latents(other))
    if (distance !== null) distances[one.gold === other.gold ? 'unchanged' : 'changed'].push(distance)
  }
  return {
    ...{bench: bench.id, conditions},
    distance: {changed: mean(distances.changed), unchanged: mean(distances.unchanged)},
  }
}

function pairedCells(cells: ReadonlyMap<string, Cell>): [Cell, Cell][] {
  const groups = new Map<string, Cell[]>()
  for (const cell of cells.values()) {
    if (cell.group === undefined || cell.asked === undefined || cell.gold === undefined) continue
    const key = JSON.stringify([cell.group, cell.repeat ?? null])
    groups.set(key, [...(groups.get(key) ?? []), cell])
  }
  return [...groups.values()].flatMap(members => {
    const [one, other] = members
    return members.length === 2 && one!.asked === other!.asked ? [[one!, other!] as [Cell, Cell]] : []
  })
}

function answeredUnder([one, other]: readonly [Cell, Cell], condition: string): AnsweredPair | null {
  const [mine, theirs] = [one.under[condition], other.under[condition]]
  if (mine?.score == null || theirs?.score == null) return null
  const sideOf = ({answer = null, score}: typeof mine) => ({answer, correct: score === 1})
  return {flips: one.gold !== other.gold, sides: [sideOf(mine), sideOf(theirs)]}
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}
