// Items in the style of six BLINK subtasks. Three (Counting, Object_Localization, Spatial_Relation) consist of cards,
// and the nano models can learn them. The other three need depth, similarity and continuity, and are meant for people
// and real models. blink-folder.ts writes the files.
import type {Random} from '../../core/random.js'
import {axes, type Card, colourNames, type Scene, type Shape, shapes} from './cards.js'
import {jigsawPictures, roadPicture} from './free-pictures.js'
import type {Drawn, Task} from './item.js'
import {anywhere, others, placeOptions, plural, relationWorld, sample, scatter, shapeCard, unrelated} from './worlds.js'

/** Count one to four shapes of one kind and colour. The other cards share at most one of the two. */
function counting(random: Random, gold: number): Drawn {
  const shape = random.pick(shapes)
  const colour = random.pick(colourNames)
  const n = 1 + random.integer(4)
  const counted: Card = {kind: 'shape', shape, colour, size: 'large'}
  const placed = anywhere(
    random,
    Array.from({length: n}, () => counted),
  )
  const rest = shapes.flatMap(each => colourNames.map(paint => ({shape: each, colour: paint})))
  const distractors = rest.filter(each => each.shape !== shape || each.colour !== colour)
  return {
    question: `How many ${colour} ${plural(shape)} are there?`,
    options: placeOptions(random, `${n}`, others(random, ['1', '2', '3', '4'], `${n}`, 3), gold),
    answer: `${n}`,
    pictures: [scatter(random, placed, () => ({kind: 'shape', ...random.pick(distractors), size: 'large'}))],
    evidence: [...placed.keys()].sort((a, b) => a - b),
    chain: Array.from({length: n}, () => shape),
  }
}

/** Say which of the boxes A and B holds a shape. */
function objectLocalization(random: Random, gold: number): Drawn {
  const held = sample(random, shapes, 2) as [Shape, Shape]
  const cards = (['A', 'B'] as const).map(
    (tag, k) => ({kind: 'box', tag, shape: held[k]!, colour: random.pick(colourNames)}) as const,
  )
  const placed = anywhere(random, cards)
  const options = ['Box A', 'Box B']
  const question = `Which box holds the ${held[gold]}?`
  return {
    question,
    introduction: `Two boxes are drawn on the image. ${question}`,
    options,
    answer: options[gold]!,
    pictures: [scatter(random, placed, unrelated(random, held))],
    evidence: [[...placed.keys()][gold]!],
    chain: [held[gold]!],
  }
}

/** For each axis, the words for the position of a card's first shape and of its second. */
const relations = {column: ['left', 'right'], row: ['above', 'below']} as const

/** A yes-no question about the relation of two shapes; also used for the VisCoT style. */
export function yesNoRelation(random: Random, gold: number): Drawn {
  const axis = random.pick(axes)
  const first = random.integer(2)
  const options = ['yes', 'no']
  const {scene, shapes, cell} = relationWorld(random, axis, first === 0)
  const seen = relations[axis][first]!
  const asked = relations[axis][gold === 0 ? first : 1 - first]!
  return {
    question: `Is the ${shapes[0]} ${asked}${axis === 'column' ? ' of' : ''} the ${shapes[1]}?`,
    options,
    answer: options[gold]!,
    pictures: [scene],
    evidence: [cell],
    chain: [shapes[0], seen],
  }
}

/** Say which of two posts on a road is closer. */
function relativeDepth(random: Random, gold: number): Drawn {
  const options = ['A is closer', 'B is closer']
  const question = 'Which post is closer to the camera?'
  return {
    question,
    introduction: `Two posts on the ground are labeled A and B. ${question}`,
    options,
    answer: options[gold]!,
    pictures: [roadPicture(random, gold)],
    evidence: [],
    chain: [],
  }
}

const otherImages = ['the second image', 'the third image']

/** Three pictures: the reference and, in either order, a copy with one card changed and a newly drawn scene. */
function visualSimilarity(random: Random, gold: number): Drawn {
  const scene = (): Scene => scatter(random, new Map(), () => shapeCard(random, random.pick(shapes)))
  const reference = scene()
  const changed = random.pick(reference.flatMap((card, cell) => (card.kind === 'shape' ? [cell] : [])))
  const similar = reference.with(changed, {kind: 'empty'})
  return {
    question: 'Which image is most similar to the first image?',
    introduction: 'Look at the first image. Which of the other two images is most similar to it?',
    options: otherImages,
    answer: otherImages[gold]!,
    pictures: [reference, ...[scene()].toSpliced(gold, 0, similar)],
    evidence: [],
    chain: [],
  }
}

/** Three pictures: one without its lower right corner and, in either order, that corner and a wrong one. */
function jigsaw(random: Random, gold: number): Drawn {
  const {whole, right, wrong} = jigsawPictures(random)
  return {
    question: 'Which image is the missing part of the first image?',
    introduction:
      'The lower right corner of the first image is missing. Which of the other two images is the missing part?',
    options: otherImages,
    answer: otherImages[gold]!,
    pictures: [whole, ...[wrong].toSpliced(gold, 0, right)],
    evidence: [],
    chain: [],
  }
}

export const blinkTasks: readonly Task[] = [
  {name: 'Counting', choices: 4, draw: counting},
  {name: 'Jigsaw', choices: 2, draw: jigsaw},
  {name: 'Object_Localization', choices: 2, draw: objectLocalization},
  {name: 'Relative_Depth', choices: 2, draw: relativeDepth},
  {name: 'Spatial_Relation', choices: 2, draw: yesNoRelation},
  {name: 'Visual_Similarity', choices: 2, draw: visualSimilarity},
]
