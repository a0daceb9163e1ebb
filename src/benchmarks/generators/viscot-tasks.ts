// Open questions in the style of four VisCoT data sets: attribute look-up (gqa), reading (textvqa), relation (vsr) and
// yes-no attributes (cub). viscot-folder.ts writes the files.
import type {Random} from '../../core/random.js'
import {yesNoRelation} from './blink-tasks.js'
import {colourNames, shapes} from './cards.js'
import type {Drawn, Task} from './item.js'
import {anywhere, chainWorld, others, scatter, unrelated} from './worlds.js'

/** Ask for the colour of a shape; the gold position selects the colour. */
function gqa(random: Random, gold: number): Drawn {
  const shape = random.pick(shapes)
  const colour = colourNames[gold]!
  const placed = anywhere(random, [{kind: 'shape', shape, colour, size: 'large'}])
  return {
    question: `What color is the ${shape}?`,
    options: [],
    answer: colour,
    pictures: [scatter(random, placed, unrelated(random, [shape]))],
    evidence: [...placed.keys()],
    chain: [shape],
  }
}

/** Ask for the letter that a named card points to. */
function textvqa(random: Random): Drawn {
  const world = chainWorld(random, [5, 4, 4, 3], () => random.pick(colourNames))
  const chain = random.pick(world.chains)
  const step = random.integer(chain.length - 1)
  return {
    question: `Which letter does ${chain[step]} point to?`,
    options: [],
    answer: chain[step + 1]!,
    pictures: [world.scene],
    evidence: [world.cellOf.get(chain[step]!)!],
    chain: [chain[step]!],
  }
}

/** Ask whether a shape has a given colour. */
function cub(random: Random, gold: number): Drawn {
  const shape = random.pick(shapes)
  const asked = random.pick(colourNames)
  const colour = gold === 0 ? asked : others(random, colourNames, asked, 1)[0]!
  const placed = anywhere(random, [{kind: 'shape', shape, colour, size: 'large'}])
  return {
    question: `Is the ${shape} ${asked}?`,
    options: [],
    answer: gold === 0 ? 'yes' : 'no',
    pictures: [scatter(random, placed, unrelated(random, [shape]))],
    evidence: [...placed.keys()],
    chain: [shape, colour],
  }
}

export const viscotTasks: readonly Task[] = [
  {name: 'cub', choices: 2, draw: cub},
  {name: 'gqa', choices: colourNames.length, draw: gqa},
  {name: 'textvqa', choices: 1, draw: textvqa},
  {name: 'vsr', choices: 2, draw: (random, gold) => ({...yesNoRelation(random, gold), options: []})},
]
