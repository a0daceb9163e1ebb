// Combines cards into pictures: chains of pointer cards, and scattered shapes. The tasks decide what to ask about them.
import type {Random} from '../../core/random.js'
import {
  type Axis,
  axes,
  type Card,
  type ColourName,
  cardCount,
  colourNames,
  letters,
  type Scene,
  type Shape,
  shapes,
} from './cards.js'

/** `n` distinct elements in random order. */
export function sample<T>(random: Random, items: readonly T[], n: number): T[] {
  return random.shuffle(items).slice(0, n)
}

/** Options with the right one at index `gold` and the wrong ones in random order around it. */
export function placeOptions(random: Random, right: string, wrong: readonly string[], gold: number): string[] {
  return random.shuffle(wrong).toSpliced(gold, 0, right)
}

/** `n` distinct elements other than `right`. */
export function others<T>(random: Random, items: readonly T[], right: T, n: number): T[] {
  return sample(
    random,
    items.filter(item => item !== right),
    n,
  )
}

/**
 * Sixteen pointer cards in chains. Each chain lists its letters in the order of the arrows; its last card carries the
 * end mark.
 */
export interface ChainWorld {
  readonly scene: Scene
  readonly chains: readonly (readonly string[])[]
  readonly cellOf: ReadonlyMap<string, number>
}

/** Lays out chains of the given lengths (sixteen cards in all). `colour` chooses the background colour of each card. */
export function chainWorld(
  random: Random,
  lengths: readonly number[],
  colour: (chain: number, step: number) => ColourName,
): ChainWorld {
  const names = random.shuffle(letters)
  const cells = random.shuffle(Array.from({length: cardCount}, (_, cell) => cell))
  const starts = lengths.map((_, k) => lengths.slice(0, k).reduce((sum, length) => sum + length, 0))
  const chains = lengths.map((length, k) => names.slice(starts[k]!, starts[k]! + length))
  const cellOf = new Map(names.map((name, i) => [name, cells[i]!]))
  const scene: Card[] = []
  chains.forEach((chain, k) => {
    chain.forEach((letter, step) => {
      scene[cellOf.get(letter)!] = {
        kind: 'pointer',
        letter,
        target: chain[step + 1] ?? null,
        colour: colour(k, step),
      }
    })
  })
  return {scene, chains, cellOf}
}

/** A card that shows a shape in any colour. */
export function shapeCard(random: Random, shape: Shape, size: 'large' | 'small' = 'large'): Card {
  return {kind: 'shape', shape, colour: random.pick(colourNames), size}
}

/**
 * Number of cards in a picture of shapes, whatever the question is. A constant number keeps the picture from giving
 * away a count.
 */
const scatteredCards = 10

/**
 * Puts the cards into their cells and fills further cells with shapes from `distractor` until there are ten cards. The
 * rest stay empty.
 */
export function scatter(random: Random, placed: ReadonlyMap<number, Card>, distractor: () => Card): Scene {
  const free = Array.from({length: cardCount}, (_, cell) => cell).filter(cell => !placed.has(cell))
  const scene: Card[] = Array.from({length: cardCount}, (): Card => ({kind: 'empty'}))
  for (const [cell, card] of placed) scene[cell] = card
  for (const cell of sample(random, free, scatteredCards - placed.size)) scene[cell] = distractor()
  return scene
}

/** Places the cards in distinct random cells. */
export function anywhere(random: Random, cards: readonly Card[]): Map<number, Card> {
  const cells = sample(
    random,
    Array.from({length: cardCount}, (_, cell) => cell),
    cards.length,
  )
  return new Map(cards.map((card, i) => [cells[i]!, card]))
}

/** Returns a function that draws shapes other than `asked`, so that what a question names is unique. */
export function unrelated(random: Random, asked: readonly Shape[]): () => Card {
  const rest = shapes.filter(shape => !asked.includes(shape))
  return () => shapeCard(random, random.pick(rest))
}

/** The plural as used in questions. */
export function plural(shape: Shape): string {
  return shape === 'cross' ? 'crosses' : `${shape}s`
}

/**
 * A scene, the two shapes that are asked about, and the cell of the card that shows both. `shapes[0]` is the first
 * shape of that card exactly when `first` was true.
 */
export interface RelationWorld {
  readonly scene: Scene
  readonly shapes: readonly [Shape, Shape]
  readonly cell: number
}

/**
 * Draws two shapes side by side (axis column) or one above the other (axis row) on one card, among cards with other
 * shapes. One to three of those are pairs too. Both shapes are on one card because the built-in models see each card by
 * itself; see design/generators.md.
 */
export function relationWorld(random: Random, axis: Axis, first: boolean): RelationWorld {
  const [one, two, ...rest] = random.shuffle(shapes)
  const pair = (a: Shape, b: Shape, along: Axis): Card => ({
    kind: 'pair',
    axis: along,
    first: a,
    second: b,
    colour: random.pick(colourNames),
  })
  const otherPair = (): Card => {
    const [a, b] = sample(random, rest, 2)
    return pair(a!, b!, random.pick(axes))
  }
  const asked = first ? pair(one!, two!, axis) : pair(two!, one!, axis)
  const placed = anywhere(random, [asked, ...Array.from({length: 1 + random.integer(3)}, otherPair)])
  return {
    scene: scatter(random, placed, unrelated(random, [one!, two!])),
    shapes: [one!, two!],
    cell: [...placed.keys()][0]!,
  }
}
