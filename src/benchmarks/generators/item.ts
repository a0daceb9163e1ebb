// One generated item with its pictures, and how it is seeded. The tasks themselves are in *-tasks.ts.
import {type Random, random} from '../../core/random.js'
import {type Box, letterOf} from '../../core/sample.js'
import {cellBox, drawScene, type Scene} from './cards.js'
import {encodePng} from './png.js'
import type {Raster} from './raster.js'

/** What a task draws for one item. */
export interface Drawn {
  readonly question: string
  /** Text of the full prompt before the options, if it differs from the question (BLINK). */
  readonly introduction?: string
  /** Option texts; the right one is at the requested gold position. Open questions have none. */
  readonly options: readonly string[]
  /** The right answer as text. */
  readonly answer: string
  /** Scenes of cards, or free-form pictures. */
  readonly pictures: readonly (Scene | Raster)[]
  /** Cells of the first picture that must be looked at, in order; one latent each. */
  readonly evidence: readonly number[]
  /**
   * The words for the evidence in a written chain of thought: one per cell or, for a single cell, everything seen
   * there.
   */
  readonly chain: readonly string[]
}

interface AnyTask {
  readonly name: string
  /** Number of gold positions to balance over. */
  readonly choices: number
}

interface SingleTask extends AnyTask {
  /** Draws one item whose right answer is the `gold`-th of `choices`. */
  draw(random: Random, gold: number): Drawn
}

/** Draws counterfactual pairs: two items that differ in one edit of the picture. */
export interface PairTask extends AnyTask {
  /** Whether the two answers differ. */
  readonly flips: boolean
  /** `golds` are the places of the two right answers; they are equal if the answers do not differ. */
  drawPair(random: Random, golds: readonly [number, number]): readonly [Drawn, Drawn]
}

export type Task = SingleTask | PairTask

export interface Item extends Drawn {
  readonly id: string
  readonly subtask: string
  /** The pair to which it belongs. */
  readonly group?: string
  /** Index of the right answer among the options, from 0. */
  readonly gold: number
}

/**
 * The item of a task at an index, for a seed. It depends on nothing else, so more items can be drawn later.
 * Gold positions are dealt in shuffled rounds: over whole rounds, each position is right equally often. The items of a
 * pair have consecutive indexes.
 */
export function drawItem(task: Task, seed: number, index: number): Item {
  if ('drawPair' in task) return drawPaired(task, seed, Math.floor(index / 2), index % 2)
  const gold = positionsOf(task, seed, index)[index % task.choices]!
  return {
    id: `${task.name}-${index}`,
    subtask: task.name,
    gold,
    ...task.draw(random('item', task.name, seed, index), gold),
  }
}

/** The gold positions of the round of an index, shuffled. */
function positionsOf({name, choices}: AnyTask, seed: number, index: number): number[] {
  const round = Math.floor(index / choices)
  return random('gold', name, seed, round).shuffle(Array.from({length: choices}, (_, k) => k))
}

function drawPaired(task: PairTask, seed: number, pair: number, side: number): Item {
  const {name, choices, flips} = task
  const first = positionsOf(task, seed, pair)[pair % choices]!
  // The distance is the same for a whole round, so the second answers are balanced too.
  const distance = 1 + random('distance', name, seed, Math.floor(pair / choices)).integer(choices - 1)
  const golds = [first, flips ? (first + distance) % choices : first] as const
  const drawn = task.drawPair(random('item', name, seed, pair), golds)[side]!
  const group = `${name}-${pair}`
  return {id: `${group}${'ab'[side]}`, subtask: name, group, gold: golds[side]!, ...drawn}
}

/** A task and the items wanted from it, drawn lazily. */
export interface Share {
  readonly task: Task
  readonly items: Iterable<Item>
}

/**
 * Divides `n` items evenly among the tasks; the first tasks get the remainder. Item i of a share does not depend on
 * `n`. Pairs are drawn whole.
 */
export function shareOut(tasks: readonly Task[], n: number, seed: number): Share[] {
  return tasks.map((task, k) => {
    const each = 'drawPair' in task ? 2 : 1
    const count = each * Math.ceil((n / each - k) / tasks.length)
    return {
      task,
      items: {
        *[Symbol.iterator]() {
          for (let i = 0; i < count; i++) yield drawItem(task, seed, i)
        },
      },
    }
  })
}

/** The letter of the right option. */
export function goldLetter(item: Item): string {
  return letterOf(item.gold)
}

/** Pixel boxes of the evidence, in order. */
export function evidenceBoxes(item: Drawn): Box[] {
  return item.evidence.map(cellBox)
}

function isRaster(picture: Scene | Raster): picture is Raster {
  return 'data' in picture
}

/**
 * Boxes for models that think in `count` latents, one per latent: the evidence in order, with the last box repeated.
 * As latent t, the oracle of the local runner feeds the crop of box t.
 */
export function latentBoxes(item: Drawn, count: number): Box[] {
  const boxes = evidenceBoxes(item)
  return Array.from({length: count}, (_, t) => boxes[Math.min(t, boxes.length - 1)]!)
}

/** The pictures of an item as rasters. */
export function rasters(item: Drawn): Raster[] {
  return item.pictures.map(picture => (isRaster(picture) ? picture : drawScene(picture)))
}

/** The pictures of an item as PNG files. */
export function pngs(item: Drawn): Uint8Array[] {
  return rasters(item).map(encodePng)
}
