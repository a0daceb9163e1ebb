// The subtasks of hops: following arrows for a number of steps, and control tasks that need a single look. Draws items
// only; ../hops.ts is the benchmark that reads them.
import type {Random} from '../../core/random.js'
import {colourNames, letters, type Shape, shapes} from './cards.js'
import type {Drawn, Task} from './item.js'
import {colourOfShape, sideOfShape} from './one-look.js'
import {
  anywhere,
  chainWorld,
  others,
  placeOptions,
  plural,
  relationWorld,
  sample,
  scatter,
  shapeCard,
  unrelated,
} from './worlds.js'

/**
 * "Follow the arrows to the end": after `steps` steps the walk reaches one of four end cards, each of a different
 * colour.
 */
function hops(steps: number): Task {
  const draw = (random: Random, gold: number): Drawn => {
    const ends = sample(random, colourNames, 4)
    const lengths = [5, 4, 4, 3]
    const world = chainWorld(random, lengths, (chain, step) =>
      step === lengths[chain]! - 1 ? ends[chain]! : random.pick(colourNames),
    )
    const chosen = random.pick([0, 1, 2, 3].filter(chain => lengths[chain]! > steps))
    const walk = world.chains[chosen]!.slice(-1 - steps)
    return {
      question: `Follow the arrows from ${walk[0]}. What colour is the end?`,
      options: placeOptions(random, ends[chosen]!, ends.toSpliced(chosen, 1), gold),
      answer: ends[chosen]!,
      pictures: [world.scene],
      evidence: walk.map(letter => world.cellOf.get(letter)!),
      chain: walk,
    }
  }
  return {name: `hops-${steps}`, choices: 4, draw}
}

/**
 * "Follow the arrows n times": the walk continues beyond the card asked for, and the wrong options are colours of other
 * cards within four steps of the start, so it matters which card is the n-th. All five cards are evidence for every n.
 * Where the walk stops therefore does not give the answer away; only the order of the cards does.
 */
function countHops(steps: number): Task {
  const reach = 4
  const draw = (random: Random, gold: number): Drawn => {
    const start = random.integer(3)
    const near = sample(random, colourNames, reach + 1)
    const world = chainWorld(
      random,
      [7, 3, 3, 3],
      (chain, step) => (chain === 0 && near[step - start]) || random.pick(colourNames),
    )
    const walk = world.chains[0]!.slice(start, start + reach + 1)
    const answer = near[steps]!
    return {
      question: `Follow the arrows ${steps} ${steps === 1 ? 'time' : 'times'} from ${walk[0]}. What colour is the card?`,
      options: placeOptions(random, answer, others(random, near, answer, 3), gold),
      answer,
      pictures: [world.scene],
      evidence: walk.map(letter => world.cellOf.get(letter)!),
      chain: walk.slice(0, steps + 1),
    }
  }
  return {name: `count-hops-${steps}`, choices: 4, draw}
}

/** One look-up: the card that a card points to. */
function point(random: Random, gold: number): Drawn {
  const world = chainWorld(random, [5, 4, 4, 3], () => random.pick(colourNames))
  const chain = random.pick(world.chains)
  const step = random.integer(chain.length - 1)
  const answer = chain[step + 1]!
  return {
    question: `Where does ${chain[step]} point?`,
    options: placeOptions(random, answer, others(random, letters, answer, 3), gold),
    answer,
    pictures: [world.scene],
    evidence: [world.cellOf.get(chain[step]!)!],
    chain: [chain[step]!],
  }
}

function attribute(random: Random, gold: number): Drawn {
  return colourOfShape(random, gold, 'large', shape => `What colour is the ${shape}?`)
}

/** Ask which of two framed boxes holds a shape. */
function box(random: Random, gold: number): Drawn {
  const held = sample(random, shapes, 2) as [Shape, Shape]
  const cards = (['1', '2'] as const).map(
    (tag, k) => ({kind: 'box', tag, shape: held[k]!, colour: random.pick(colourNames)}) as const,
  )
  const placed = anywhere(random, cards)
  const asked = random.integer(2)
  const answer = cards[asked]!.tag
  return {
    question: `Which box holds the ${held[asked]}?`,
    options: placeOptions(random, answer, [cards[1 - asked]!.tag], gold),
    answer,
    pictures: [scatter(random, placed, unrelated(random, held))],
    evidence: [[...placed.keys()][asked]!],
    chain: [held[asked]!],
  }
}

/** Count one to four shapes of one kind. */
function count(random: Random, gold: number): Drawn {
  const shape = random.pick(shapes)
  const n = 1 + random.integer(4)
  const placed = anywhere(
    random,
    Array.from({length: n}, () => shapeCard(random, shape)),
  )
  return {
    question: `How many ${plural(shape)}?`,
    options: placeOptions(random, `${n}`, others(random, ['1', '2', '3', '4'], `${n}`, 3), gold),
    answer: `${n}`,
    pictures: [scatter(random, placed, unrelated(random, [shape]))],
    evidence: [...placed.keys()].sort((a, b) => a - b),
    chain: Array.from({length: n}, () => shape),
  }
}

function leftRight(random: Random, gold: number): Drawn {
  return sideOfShape(random, gold, (one, other) => `Is the ${one} left or right of the ${other}?`)
}

function above(random: Random, gold: number): Drawn {
  const yes = random.integer(2) === 0
  const {scene, shapes, cell} = relationWorld(random, 'row', yes)
  const [answer, wrong] = yes ? ['yes', 'no'] : ['no', 'yes']
  return {
    question: `Is the ${shapes[0]} above the ${shapes[1]}?`,
    options: placeOptions(random, answer!, [wrong!], gold),
    answer: answer!,
    pictures: [scene],
    evidence: [cell],
    chain: [shapes[0], yes ? 'above' : 'below'],
  }
}

/** Every subtask of hops, in the order of its tables. */
export const hopsTasks: readonly Task[] = [
  ...[0, 1, 2, 3, 4].map(hops),
  ...[1, 2, 3, 4].map(countHops),
  {name: 'attr', choices: 4, draw: attribute},
  {name: 'box', choices: 2, draw: box},
  {name: 'point', choices: 4, draw: point},
  {name: 'count', choices: 4, draw: count},
  {name: 'left-right', choices: 2, draw: leftRight},
  {name: 'above', choices: 2, draw: above},
]
