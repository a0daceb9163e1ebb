// What a generator draws: one item with its pictures, and how it is seeded. The tasks themselves are in hops-tasks.ts
// and *-style.ts.
import {type Random, random} from '../../core/random.js'
import {type Box, letterOf} from '../../core/sample.js'
import {cellBox, drawScene, type Scene} from './cards.js'
import {encodePng} from './png.js'
import type {Raster} from './raster.js'

/** What a task draws. */
export interface Drawn {
  readonly question: string
  /** What the full prompt says before the options, where that is more than the question (BLINK). */
  readonly introduction?: string
  /** Option texts; the gold one stands where the task was asked to put it. Open questions have none. */
  readonly options: readonly string[]
  /** The right answer as text. */
  readonly answer: string
  /** Scenes of cards, or pictures drawn freely. */
  readonly pictures: readonly (Scene | Raster)[]
  /** Cells of the first picture that must be looked at, in order; a latent each. */
  readonly evidence: readonly number[]
  /** The words that a written chain of thought says of the evidence: one per cell, or what is seen in the only one. */
  readonly chain: readonly string[]
}

export interface Task {
  readonly name: string
  /** Number of answers among which the gold position is balanced. */
  readonly choices: number
  /** Draws one item whose right answer is the `gold`-th of `choices`. */
  draw(random: Random, gold: number): Drawn
}

export interface Item extends Drawn {
  readonly id: string
  readonly subtask: string
  /** Place of the right answer among the options, from 0. */
  readonly gold: number
}

/**
 * The index-th item of a task for a seed: it depends on nothing else, so more items can be drawn later.
 * Gold positions are dealt in shuffled rounds: over any whole number of rounds each position is right equally often.
 */
export function drawItem(task: Task, seed: number, index: number): Item {
  const round = Math.floor(index / task.choices)
  const positions = random('gold', task.name, seed, round).shuffle(Array.from({length: task.choices}, (_, k) => k))
  const gold = positions[index % task.choices]!
  return {
    id: `${task.name}-${index}`,
    subtask: task.name,
    gold,
    ...task.draw(random('item', task.name, seed, index), gold),
  }
}

/** A task and the items of it that are wanted, drawn while they are read. */
export interface Share {
  readonly task: Task
  readonly items: Iterable<Item>
}

/**
 * Shares `n` items evenly among the tasks; the first tasks get the remainder. Item i of a share does not depend on `n`.
 */
export function shareOut(tasks: readonly Task[], n: number, seed: number): Share[] {
  return tasks.map((task, k) => {
    const count = Math.ceil((n - k) / tasks.length)
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
 * Boxes for models that think in `count` latents, one per latent: the evidence in order, its last box repeated.
 * The oracle of the local runner feeds the crop of the t-th box as latent t.
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
