// Reads a drawn picture back from its pixels, and answers a question about it from the words of the question alone.
// This is the independent check of what the generators call right. It shares only the look of the cards with them, not
// how items are made.
import {type Card, cardKinds, cellBox, drawCard, gridSize, type Scene} from '../../src/benchmarks/generators/cards.js'
import {crop, type Raster} from '../../src/benchmarks/generators/raster.js'

const pixels = (raster: Raster) => Buffer.from(raster.data).toString('latin1')
const looks = new Map(cardKinds().map(card => [pixels(drawCard(card)), card]))

/** Number of distinct looks among the card kinds. */
export const lookCount = looks.size

/** The cards of a picture. Throws for a cell that does not look like any card. */
export function readScene(picture: Raster): Scene {
  return Array.from({length: gridSize * gridSize}, (_, cell) => {
    const card = looks.get(pixels(crop(picture, ...cellBox(cell))))
    if (card === undefined) throw new Error(`Cell ${cell} looks like no card.`)
    return card
  })
}

type Pointer = Extract<Card, {kind: 'pointer'}>
type Shaped = Extract<Card, {kind: 'shape' | 'box'}>
type Pair = Extract<Card, {kind: 'pair'}>

function only<T extends Card>(scene: Scene, what: string, wanted: (card: Card) => boolean): T {
  const found = scene.filter(wanted) as T[]
  if (found.length !== 1) throw new Error(`${found.length} of ${what} instead of one`)
  return found[0]!
}

const theShape = (scene: Scene, shape: string) =>
  only<Shaped>(scene, shape, card => (card.kind === 'shape' || card.kind === 'box') && card.shape === shape)
const thePointer = (scene: Scene, letter: string) =>
  only<Pointer>(scene, letter, card => card.kind === 'pointer' && card.letter === letter)

function follow(scene: Scene, letter: string, steps: number): Pointer {
  const card = thePointer(scene, letter)
  if (steps === 0 || card.target === null) {
    if (steps > 0 && steps !== Infinity) throw new Error(`The arrows end ${steps} steps early.`)
    return card
  }
  return follow(scene, card.target, steps - 1)
}

const singular = (word: string) => (word === 'crosses' ? 'cross' : word.slice(0, -1))
const count = (scene: Scene, shape: string, colour?: string) =>
  String(
    scene.filter(
      card => card.kind === 'shape' && card.shape === shape && (colour === undefined || card.colour === colour),
    ).length,
  )
/** The word for the position of the first of two shapes on one card. */
const sides = {column: ['left', 'right'], row: ['above', 'below']} as const
const side = (scene: Scene, one: string, two: string) => {
  const {axis, first} = only<Pair>(
    scene,
    `${one} and ${two}`,
    card => card.kind === 'pair' && new Set([one, two, card.first, card.second]).size === 2,
  )
  return sides[axis][first === one ? 0 : 1]
}
const yesNo = (truth: boolean) => (truth ? 'yes' : 'no')
const boxTag = (tag: string) => (/\d/.test(tag) ? tag : `Box ${tag}`)

/** Question forms; the first one that matches answers. */
const readings: readonly [RegExp, (scene: Scene, ...words: string[]) => string][] = [
  [
    /^Follow the arrows from (\w)\. What colour is the end\?$/,
    (scene, letter) => follow(scene, letter!, Infinity).colour,
  ],
  [
    /^Follow the arrows (\d) times? from (\w)\. What colour is the card\?$/,
    (scene, steps, letter) => follow(scene, letter!, Number(steps)).colour,
  ],
  [
    /^(?:Where does|Which letter does) (\w) point(?: to)?\?$/,
    (scene, letter) => thePointer(scene, letter!).target ?? 'nowhere',
  ],
  [/^What colou?r is the (\w+)\?$/, (scene, shape) => theShape(scene, shape!).colour],
  [/^What is the color of the (\w+)\?$/, (scene, shape) => theShape(scene, shape!).colour],
  [
    /^Which box holds the (\w+)\?$/,
    (scene, shape) => {
      const card = theShape(scene, shape!)
      return card.kind === 'box' ? boxTag(card.tag) : 'none'
    },
  ],
  [/^How many (\w+)\?$/, (scene, shapes) => count(scene, singular(shapes!))],
  [/^How many (\w+) (\w+) are there\?$/, (scene, colour, shapes) => count(scene, singular(shapes!), colour)],
  [/^Is the (\w+) (?:on the )?left or right (?:side )?of the (\w+)\?$/, (scene, one, two) => side(scene, one!, two!)],
  [
    /^Is the (\w+) (left|right|above|below)(?: of)? the (\w+)\?$/,
    (scene, one, relation, two) => yesNo(side(scene, one!, two!) === relation),
  ],
  [/^Is the (\w+) (\w+)\?$/, (scene, shape, colour) => yesNo(theShape(scene, shape!).colour === colour)],
]

/**
 * The answer to a question about a scene. Throws when the form of the question is unknown or what it names is not
 * unique.
 */
export function answerFrom(scene: Scene, question: string): string {
  for (const [form, answer] of readings) {
    const match = form.exec(question)
    if (match) return answer(scene, ...match.slice(1))
  }
  throw new Error(`No reading for "${question}"`)
}
