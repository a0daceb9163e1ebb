// Tasks that hops and V* share but for their words: one shape to find, and its colour or its place to tell.
import type {Random} from '../../core/random.js'
import {colourNames, type Shape, shapes} from './cards.js'
import type {Drawn} from './item.js'
import {anywhere, others, placeOptions, relationWorld, scatter, unrelated} from './worlds.js'

/** Ask for the colour of a named shape among other shapes. */
export function colourOfShape(
  random: Random,
  gold: number,
  size: 'large' | 'small',
  question: (shape: Shape) => string,
): Drawn {
  const shape = random.pick(shapes)
  const answer = random.pick(colourNames)
  const placed = anywhere(random, [{kind: 'shape', shape, colour: answer, size}])
  return {
    question: question(shape),
    options: placeOptions(random, answer, others(random, colourNames, answer, 3), gold),
    answer,
    pictures: [scatter(random, placed, unrelated(random, [shape]))],
    evidence: [...placed.keys()],
    chain: [shape],
  }
}

/** Ask whether one shape is left or right of another. */
export function sideOfShape(random: Random, gold: number, question: (one: Shape, other: Shape) => string): Drawn {
  const left = random.integer(2) === 0
  const {scene, shapes, cell} = relationWorld(random, 'column', left)
  const [answer, wrong] = left ? (['left', 'right'] as const) : (['right', 'left'] as const)
  return {
    question: question(shapes[0], shapes[1]),
    options: placeOptions(random, answer, [wrong], gold),
    answer,
    pictures: [scene],
    evidence: [cell],
    chain: [shapes[0], answer],
  }
}
