// Items in the style of V*'s two categories: the objects asked about are small. vstar-folder.ts writes the files.
import type {Task} from './item.js'
import {colourOfShape, sideOfShape} from './one-look.js'

export const vstarTasks: readonly Task[] = [
  {
    name: 'direct_attributes',
    choices: 4,
    draw: (random, gold) => colourOfShape(random, gold, 'small', shape => `What is the color of the ${shape}?`),
  },
  {
    name: 'relative_position',
    choices: 2,
    draw: (random, gold) =>
      sideOfShape(random, gold, (one, other) => `Is the ${one} on the left or right side of the ${other}?`),
  },
]
