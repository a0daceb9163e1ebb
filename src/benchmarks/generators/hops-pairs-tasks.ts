// The subtasks of hops-pairs: two pictures that differ in one card, the same question about both, the same options.
// After an edit on the walk the answer is another option; after an edit off the walk it is the same. Draws items only;
// ../hops.ts is the benchmark that reads them.
import type {Random} from '../../core/random.js'
import {type Card, type ColourName, colourNames, type Scene} from './cards.js'
import type {Drawn, PairTask} from './item.js'
import {type ChainWorld, chainWorld, others, sample} from './worlds.js'

const lengths = [5, 4, 4, 3]
/** The longest walk, in steps: the built-in models have a latent for each of its five cards. */
const longest = 4

type Pointer = Extract<Card, {kind: 'pointer'}>

/** Four chains whose ends have different colours, the one that is asked about, and the letters of the walk. */
interface World extends ChainWorld {
  readonly ends: readonly ColourName[]
  readonly chosen: number
  readonly walk: readonly string[]
}

/** A world with a walk of `least` steps or more. */
function world(random: Random, least: number): World {
  const ends = sample(random, colourNames, 4)
  const made = chainWorld(random, lengths, (chain, step) =>
    step === lengths[chain]! - 1 ? ends[chain]! : random.pick(colourNames),
  )
  const steps = least + random.integer(longest - least + 1)
  const chosen = random.pick([0, 1, 2, 3].filter(chain => lengths[chain]! > steps))
  return {...made, ends, chosen, walk: made.chains[chosen]!.slice(-1 - steps)}
}

/** The picture with one card changed. */
function edited(
  {scene, cellOf}: Pick<World, 'scene' | 'cellOf'>,
  letter: string,
  change: Partial<Pick<Pointer, 'target' | 'colour'>>,
): Scene {
  return scene.with(cellOf.get(letter)!, {...(scene[cellOf.get(letter)!] as Pointer), ...change})
}

/** Two pictures with their answers and walks; `wrong` are the options that are right for neither. */
interface Pair {
  readonly sides: readonly [Side, Side]
  readonly wrong: readonly ColourName[]
}
interface Side {
  readonly scene: Scene
  readonly answer: ColourName
  readonly walk: readonly string[]
}

/** The end of the walk gets a colour that no end has. */
function colourOfEnd(random: Random): Pair {
  const made = world(random, 1)
  const {ends, chosen, walk, scene} = made
  const colour = random.pick(colourNames.filter(name => !ends.includes(name)))
  const changed = edited(made, walk.at(-1)!, {colour})
  return {
    sides: [
      {scene, answer: ends[chosen]!, walk},
      {scene: changed, answer: colour, walk},
    ],
    wrong: sample(random, ends.toSpliced(chosen, 1), 2),
  }
}

/** An arrow of the walk leads to another chain, and so to its end. */
function targetOfArrow(random: Random): Pair {
  const made = world(random, 1)
  const {chains, ends, chosen, walk, scene} = made
  const at = random.integer(walk.length - 1)
  const other = random.pick([0, 1, 2, 3].filter(chain => chain !== chosen))
  const rest = chains[other]!.slice(-1 - random.integer(Math.min(lengths[other]!, longest - at)))
  const changed = edited(made, walk[at]!, {target: rest[0]!})
  return {
    sides: [
      {scene, answer: ends[chosen]!, walk},
      {scene: changed, answer: ends[other]!, walk: [...walk.slice(0, at + 1), ...rest]},
    ],
    wrong: ends.filter((_, chain) => chain !== chosen && chain !== other),
  }
}

/** The walk ends at an earlier card, which has the end mark in place of its arrow. */
function placeOfEnd(random: Random): Pair {
  const drawn = world(random, 2)
  const {ends, chosen, walk} = drawn
  const at = 1 + random.integer(walk.length - 2)
  const early = random.pick(colourNames.filter(name => name !== ends[chosen]))
  const scene = edited(drawn, walk[at]!, {colour: early})
  const made = {...drawn, scene}
  const changed = edited(made, walk[at]!, {target: null})
  return {
    sides: [
      {scene, answer: ends[chosen]!, walk},
      {scene: changed, answer: early, walk: walk.slice(0, at + 1)},
    ],
    wrong: others(
      random,
      ends.filter(name => name !== ends[chosen]),
      early,
      2,
    ),
  }
}

/** The same edits on a chain that the walk does not touch: the answer stays. */
function offTheWalk(random: Random): Pair {
  const made = world(random, 1)
  const {chains, ends, chosen, walk, scene} = made
  const other = random.pick([0, 1, 2, 3].filter(chain => chain !== chosen))
  const chain = chains[other]!
  const inner = random.integer(chain.length - 1)
  const changed = random.pick([
    edited(made, chain.at(-1)!, {colour: random.pick(colourNames.filter(name => !ends.includes(name)))}),
    edited(made, chain[inner]!, {target: random.pick(chains[random.pick([0, 1, 2, 3].filter(k => k !== other))]!)}),
    edited(made, chain[inner]!, {target: null}),
  ])
  const answer = ends[chosen]!
  return {
    sides: [
      {scene, answer, walk},
      {scene: changed, answer, walk},
    ],
    wrong: ends.toSpliced(chosen, 1),
  }
}

function pairTask(name: string, flips: boolean, draw: (random: Random) => Pair): PairTask {
  return {
    name,
    choices: 4,
    flips,
    drawPair(random, golds) {
      const {sides, wrong} = draw(random)
      const rest = random.shuffle(wrong)
      const options = [0, 1, 2, 3].map(k => {
        const side = golds.indexOf(k)
        return side === -1 ? rest.pop()! : sides[side]!.answer
      })
      return sides.map(({scene, answer, walk}): Drawn => {
        const cellOf = cellsOf(scene)
        return {
          question: `Follow the arrows from ${walk[0]}. What colour is the end?`,
          options,
          answer,
          pictures: [scene],
          evidence: walk.map(letter => cellOf.get(letter)!),
          chain: walk,
        }
      }) as [Drawn, Drawn]
    },
  }
}

function cellsOf(scene: Scene): Map<string, number> {
  return new Map(scene.map((card, cell) => [(card as Pointer).letter, cell]))
}

/** Every subtask of hops-pairs, in the order of its tables. */
export const hopsPairsTasks: readonly PairTask[] = [
  pairTask('colour', true, colourOfEnd),
  pairTask('arrow', true, targetOfArrow),
  pairTask('end', true, placeOfEnd),
  pairTask('off-walk', false, offTheWalk),
]
