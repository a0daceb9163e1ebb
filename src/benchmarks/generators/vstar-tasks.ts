// Items in the style of V*'s two categories: the objects asked about are small. vstar-folder.ts writes the files.
import type {Random} from '../../core/random.js'
import {colourNames, shapes} from './cards.js'
import type {Drawn, Task} from './item.js'
import {anywhere, others, placeOptions, relationWorld, scatter, unrelated} from './worlds.js'

function directAttributes(random: Random, gold: number): Drawn {
  const shape = random.pick(shapes)
  const answer = random.pick(colourNames)
  const placed = anywhere(random, [{kind: 'shape', shape, colour: answer, size: 'small'}])
  return {
    question: `What is the color of the ${shape}?`,
    options: placeOptions(random, answer, others(random, colourNames, answer, 3), gold),
    answer,
    pictures: [scatter(random, placed, unrelated(random, [shape]))],
    evidence: [...placed.keys()],
    chain: [shape],
  }
}

function relativePosition(random: Random, gold: number): Drawn {
  const left = random.integer(2) === 0
  const {scene, shapes, cell} = relationWorld(random, 'column', left)
  const [answer, wrong] = left ? ['left', 'right'] : ['right', 'left']
  return {
    question: `Is the ${shapes[0]} on the left or right side of the ${shapes[1]}?`,
    options: placeOptions(random, answer!, [wrong!], gold),
    answer: answer!,
    pictures: [scene],
    evidence: [cell],
    chain: [shapes[0], answer!],
  }
}

export const vstarTasks: readonly Task[] = [
  {name: 'direct_attributes', choices: 4, draw: directAttributes},
  {name: 'relative_position', choices: 2, draw: relativePosition},
]
