// How cards come together in a picture: chains of pointer cards, and scattered shapes. What is asked about them is in the tasks.
import type {Random} from '../../core/random.js'
import {type Card, type ColourName, cardCount, colourNames, gridSize, letters, type Scene, type Shape, shapes} from './cards.js'

/** `n` different elements in random order. */
export function sample<T>(random: Random, items: readonly T[], n: number): T[] {
  return random.shuffle(items).slice(0, n)
}

/** The right option at `gold` among wrong ones in random order. */
export function placeOptions(random: Random, right: string, wrong: readonly string[], gold: number): string[] {
  return random.shuffle(wrong).toSpliced(gold, 0, right)
}

/** `n` elements that are not `right`. */
export function others<T>(random: Random, items: readonly T[], right: T, n: number): T[] {
  return sample(
    random,
    items.filter(item => item !== right),
    n,
  )
}

/** Sixteen pointer cards in chains; each chain is the letters in the order of the arrows and ends in a card with the end mark. */
export interface ChainWorld {
  readonly scene: Scene
  readonly chains: readonly (readonly string[])[]
  readonly colourOf: ReadonlyMap<string, ColourName>
  readonly cellOf: ReadonlyMap<string, number>
}

/** Lays out chains of the given lengths (sixteen cards in all); `colour` chooses the ground of each card. */
export function chainWorld(random: Random, lengths: readonly number[], colour: (chain: number, step: number) => ColourName): ChainWorld {
  const names = random.shuffle(letters)
  const cells = random.shuffle(Array.from({length: cardCount}, (_, cell) => cell))
  const starts = lengths.map((_, k) => lengths.slice(0, k).reduce((sum, length) => sum + length, 0))
  const chains = lengths.map((length, k) => names.slice(starts[k]!, starts[k]! + length))
  const colourOf = new Map<string, ColourName>()
  const cellOf = new Map(names.map((name, i) => [name, cells[i]!]))
  const scene: Card[] = []
  chains.forEach((chain, k) => {
    chain.forEach((letter, step) => {
      colourOf.set(letter, colour(k, step))
      scene[cellOf.get(letter)!] = {kind: 'pointer', letter, target: chain[step + 1] ?? null, colour: colourOf.get(letter)!}
    })
  })
  return {scene, chains, colourOf, cellOf}
}

/** A card that shows a shape in any colour. */
export function shapeCard(random: Random, shape: Shape, size: 'large' | 'small' = 'large'): Card {
  return {kind: 'shape', shape, colour: random.pick(colourNames), size}
}

/**
 * Puts the cards into their cells and 6 to 9 more shapes into other cells, each drawn by `distractor`; the rest stays empty.
 */
export function scatter(random: Random, placed: ReadonlyMap<number, Card>, distractor: () => Card): Scene {
  const free = Array.from({length: cardCount}, (_, cell) => cell).filter(cell => !placed.has(cell))
  const scene: Card[] = Array.from({length: cardCount}, (): Card => ({kind: 'empty'}))
  for (const [cell, card] of placed) scene[cell] = card
  for (const cell of sample(random, free, 6 + random.integer(4))) scene[cell] = distractor()
  return scene
}

/** Cards in as many different random cells. */
export function anywhere(random: Random, cards: readonly Card[]): Map<number, Card> {
  const cells = sample(
    random,
    Array.from({length: cardCount}, (_, cell) => cell),
    cards.length,
  )
  return new Map(cards.map((card, i) => [cells[i]!, card]))
}

/** A drawer of shapes that are none of `asked`, so that what a question names is unique. */
export function unrelated(random: Random, asked: readonly Shape[]): () => Card {
  const rest = shapes.filter(shape => !asked.includes(shape))
  return () => shapeCard(random, random.pick(rest))
}

/** The plural as it stands in a question. */
export function plural(shape: Shape): string {
  return shape === 'cross' ? 'crosses' : `${shape}s`
}

/** What the cell's column (left of) or row (above) is compared by. */
const axes = {column: (cell: number) => cell % gridSize, row: (cell: number) => Math.floor(cell / gridSize)}

/** Two different shapes in a scene of others; the first lies left of (or above) the second exactly if `first`. */
export interface RelationWorld {
  readonly scene: Scene
  readonly shapes: readonly [Shape, Shape]
  readonly cells: readonly [number, number]
}

export function relationWorld(random: Random, axis: keyof typeof axes, first: boolean, size: 'large' | 'small' = 'large'): RelationWorld {
  const [one, two] = sample(random, shapes, 2) as [Shape, Shape]
  const place = axes[axis]
  for (;;) {
    const placed = anywhere(random, [shapeCard(random, one, size), shapeCard(random, two, size)])
    const cells = [...placed.keys()] as [number, number]
    const order = place(cells[0]) - place(cells[1])
    if (order === 0 || order < 0 !== first) continue
    return {scene: scatter(random, placed, unrelated(random, [one, two])), shapes: [one, two], cells}
  }
}
