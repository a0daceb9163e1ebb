import {answerFrom, lookCount, readScene} from '../../../test/support/scene-reader.js'
import {
  type Axis,
  axes,
  type Card,
  cardKey,
  cardKinds,
  cardSize,
  drawCard,
  pictureSize,
  type Scene,
  type Shape,
} from './cards.js'
import {hopsPairsTasks} from './hops-pairs-tasks.js'
import {builtinSeed, generated, recipeOf, sharesOf} from './index.js'
import {drawItem, evidenceBoxes, type Item, rasters, shareOut, type Task} from './item.js'
import {crop, type Raster} from './raster.js'

const tasks = Object.values(generated).flatMap(({tasks}): readonly Task[] => tasks)
const named = (names: readonly string[]) =>
  tasks.filter(task => names.includes(task.name)).map(task => [task.name, task] as const)
const free = ['Jigsaw', 'Relative_Depth', 'Visual_Similarity']
const made = named(tasks.map(task => task.name).filter(name => !free.includes(name)))
const perTask = 24

/** Items of the shipped seed and of another seed. */
function itemsOf(task: Task): Item[] {
  return [builtinSeed, 5].flatMap(seed => Array.from({length: perTask}, (_, index) => drawItem(task, seed, index)))
}

test('every kind of card has a unique key and a unique look', () => {
  const kinds = cardKinds()
  expect(kinds).toHaveLength(1 + 16 * 16 * 6 + 2 * 36 + 4 * 36 + 2 * 30 * 6)
  expect(new Set(kinds.map(cardKey)).size).toBe(kinds.length)
  expect(lookCount).toBe(kinds.length)
})

describe.each(made)('%s', (name, task) => {
  const items = itemsOf(task)
  const scenes = new Map<Item, Scene>()
  beforeAll(() => {
    for (const item of items) scenes.set(item, readScene(rasters(item)[0]!))
  })

  test('the right answer follows from the pixels and the words of the question', () => {
    for (const item of items)
      expect([item.id, answerFrom(scenes.get(item)!, item.question)]).toEqual([item.id, item.answer])
  })

  test('options are distinct and the gold position holds the answer', () => {
    for (const {options, gold, answer} of items) {
      expect(new Set(options).size).toBe(options.length)
      if (options.length > 0) expect([options.length, options[gold]]).toEqual([task.choices, answer])
    }
  })

  test('evidence boxes align with cards, and the cards show what the chain says', () => {
    for (const item of items) {
      const scene = scenes.get(item)!
      const cards = evidenceBoxes(item).map(([x1, y1, x2, y2]) => {
        expect([x1 % cardSize, y1 % cardSize, x2 - x1, y2 - y1]).toEqual([0, 0, cardSize, cardSize])
        return scene[(y1 / cardSize) * 4 + x1 / cardSize]!
      })
      expect(cards.length).toBeGreaterThan(0)
      for (const [k, word] of item.chain.entries()) expect(wordsOf(cards[k] ?? cards[0]!)).toContain(word)
    }
  })

  test('an item of hops has as many hops as its name says', () => {
    const steps = /hops-(\d)$/.exec(name)?.[1]
    for (const {chain} of items) if (steps !== undefined) expect(chain).toHaveLength(Number(steps) + 1)
  })
})

/** The words that may describe a card. */
function wordsOf(card: Card): string[] {
  if (card.kind === 'pair')
    return [card.first, card.second, ...(card.axis === 'column' ? ['left', 'right'] : ['above', 'below'])]
  return card.kind === 'empty' ? [] : [card.kind === 'pointer' ? card.letter : card.shape, card.colour]
}

test('the first shape of a pair fills the left or the upper half of its card', () => {
  const half = cardSize / 2
  const look = (axis: Axis, first: Shape, second: Shape) => drawCard({kind: 'pair', axis, first, second, colour: 'red'})
  const parts = (card: Raster, axis: Axis) =>
    axis === 'column'
      ? [crop(card, 0, 0, half, cardSize), crop(card, half, 0, cardSize, cardSize)]
      : [crop(card, 0, 0, cardSize, half), crop(card, 0, half, cardSize, cardSize)]
  for (const axis of axes) {
    for (const shape of ['star', 'diamond', 'cross'] as const) {
      expect(parts(look(axis, shape, 'circle'), axis)[0]).toEqual(parts(look(axis, shape, 'square'), axis)[0])
      expect(parts(look(axis, 'circle', shape), axis)[1]).toEqual(parts(look(axis, 'square', shape), axis)[1])
    }
  }
})

test.each(tasks.map(task => [task.name, task] as const))(
  '%s: every gold position is right equally often',
  (_, task) => {
    // Both samples of a pair are counted, so twice as many are drawn for as many rounds.
    const rounds = 'drawPair' in task ? 50 : 25
    const counts = new Array<number>(task.choices).fill(0)
    for (let i = 0; i < rounds * task.choices; i++) counts[drawItem(task, 3, i).gold]!++
    expect(counts).toEqual(new Array(task.choices).fill(rounds))
  },
)

describe.each(hopsPairsTasks.map(task => [task.name, task] as const))('the pairs of %s', (name, task) => {
  const pairs = Array.from({length: 100}, (_, pair) => [0, 1].map(side => drawItem(task, 7, 2 * pair + side)))
  const scenesOf = (pair: readonly Item[]) => pair.map(item => readScene(rasters(item)[0]!))

  test('differ in one card, and in nothing that is asked', () => {
    for (const pair of pairs) {
      const [one, other] = scenesOf(pair)
      const changed = one!.filter((card, cell) => cardKey(card) !== cardKey(other![cell]!))
      expect([pair[0]!.id, changed.length]).toEqual([pair[0]!.id, 1])
      expect(pair[1]).toMatchObject({question: pair[0]!.question, options: pair[0]!.options, group: pair[0]!.group})
      expect(new Set(pair.map(({id}) => id)).size).toBe(2)
    }
  })

  test(task.flips ? 'have different answers' : 'have the same answer', () => {
    for (const [one, other] of pairs) expect([one!.id, one!.answer !== other!.answer]).toEqual([one!.id, task.flips])
  })

  test('change a card of the walk exactly when the answer changes, and no walk has more than four steps', () => {
    for (const pair of pairs) {
      const [one, other] = scenesOf(pair)
      const changed = one!.findIndex((card, cell) => cardKey(card) !== cardKey(other![cell]!))
      for (const {evidence, chain} of pair) {
        expect(evidence.includes(changed)).toBe(task.flips)
        expect(chain.length).toBeLessThanOrEqual(5)
        expect(chain.length).toBeGreaterThanOrEqual(2)
      }
    }
  })

  test('do not depend on how many are drawn, and are never cut', () => {
    const few = shareOut([task], 5, 7).flatMap(({items}) => [...items])
    expect(few.map(({id}) => id)).toEqual([0, 1, 2].flatMap(k => [`${name}-${k}a`, `${name}-${k}b`]))
    expect(few[3]).toEqual(pairs[1]![1])
  })
})

test('the hops of a chain are all different cards, and the four ends have the four option colours', () => {
  for (const [, task] of named(['hops-0', 'hops-1', 'hops-2', 'hops-3', 'hops-4'])) {
    for (const item of itemsOf(task)) {
      expect(new Set(item.evidence).size).toBe(item.evidence.length)
      const ends = readScene(rasters(item)[0]!).flatMap(card =>
        card.kind === 'pointer' && card.target === null ? [card.colour] : [],
      )
      expect(ends.sort()).toEqual([...item.options].sort())
    }
  }
})

test('count-hops: every wrong option is the colour of another card within four steps of the start', () => {
  for (const [, task] of named(['count-hops-1', 'count-hops-2', 'count-hops-3', 'count-hops-4'])) {
    for (const item of itemsOf(task)) {
      const scene = readScene(rasters(item)[0]!)
      const near = [0, 1, 2, 3, 4].map(n =>
        answerFrom(scene, `Follow the arrows ${n} times from ${item.chain[0]}. What colour is the card?`),
      )
      expect(new Set(near).size).toBe(5)
      expect(item.evidence.map(cell => (scene[cell] as Extract<Card, {kind: 'pointer'}>).colour)).toEqual(near)
      for (const option of item.options) expect(near).toContain(option)
    }
  }
})

describe('pictures that do not consist of cards', () => {
  const drawn = (name: string) => itemsOf(named([name])[0]![1])

  test('Jigsaw: the right piece continues the picture along both seams better than the wrong one', () => {
    for (const item of drawn('Jigsaw')) {
      const [whole, ...pieces] = rasters(item)
      const breaks = pieces.map(piece => seamBreaks(whole!, piece))
      expect(breaks[item.gold]! + 20).toBeLessThan(breaks[1 - item.gold]!)
    }
  })

  test('Relative_Depth: the closer post is taller and stands lower', () => {
    for (const item of drawn('Relative_Depth')) {
      const posts = rasters(item).map(labelledPosts)[0]!
      expect(posts).toHaveLength(2)
      const [tall, small] = posts.sort((a, b) => b.height - a.height)
      expect(tall!.height / small!.height).toBeGreaterThan(1.5)
      expect(tall!.foot).toBeGreaterThan(small!.foot)
      expect(item.answer).toBe(`${tall!.tag} is closer`)
    }
  })

  test('Visual_Similarity: the similar image shares 15 cards with the reference, the other one far fewer', () => {
    for (const item of drawn('Visual_Similarity')) {
      const [reference, ...others] = rasters(item).map(readScene)
      const shared = others.map(scene => scene.filter((card, i) => cardKey(card) === cardKey(reference![i]!)).length)
      expect(shared[item.gold]).toBe(15)
      expect(shared[1 - item.gold]).toBeLessThan(13)
    }
  })
})

test('item i of a seed depends neither on how many items are drawn nor on the other subtasks', () => {
  const few = shareOut(tasks, tasks.length * 2, 9).map(({items}) => [...items])
  const more = sharesOf(recipeOf('hops', {n: 7, seed: 9, subtasks: ['hops-3']})).map(({items}) => [...items])
  const many = more[0]!
  expect(many).toHaveLength(7)
  expect(few.flat().filter(item => item.subtask === 'hops-3')).toEqual(many.slice(0, 2))
})

test('other seeds draw other items', () => {
  const [one, two] = [1, 2].map(seed =>
    shareOut(tasks, 2 * tasks.length, seed).map(({items}) => JSON.stringify([...items])),
  )
  expect(one!.filter(text => two!.includes(text))).toEqual([])
})

test('a subtask that does not exist is refused by name', () => {
  expect(() => recipeOf('vstar', {n: 1, seed: 0, subtasks: ['hops-1']})).toThrow(
    'vstar has no generated subtask "hops-1".',
  )
})

/** Number of pixels along the two inner edges where the piece and the picture differ in colour. */
function seamBreaks(whole: Raster, piece: Raster): number {
  const half = pictureSize / 2
  const at = (raster: Raster, x: number, y: number) => [...crop(raster, x, y, x + 1, y + 1).data].join()
  let breaks = 0
  for (let i = 0; i < half; i++) {
    if (at(whole, half - 1, half + i) !== at(piece, 0, i)) breaks++
    if (at(whole, half + i, half - 1) !== at(piece, i, 0)) breaks++
  }
  return breaks
}

/** Finds the posts under a white letter. The column below the label has one colour down to the dark foot. */
function labelledPosts(raster: Raster): {tag: string; height: number; foot: number}[] {
  const colour = (x: number, y: number) =>
    raster.data.subarray((y * raster.width + x) * 3, (y * raster.width + x) * 3 + 3).join()
  const white = Array.from({length: raster.height}, (_, y) =>
    Array.from({length: raster.width}, (_, x) => (colour(x, y) === '250,250,250' ? '#' : '.')).join(''),
  )
  const posts: {tag: string; height: number; foot: number}[] = []
  for (const [tag, ...rows] of [
    ['A', '..###..', '.#####.'],
    ['B', '######.', '#######'],
  ]) {
    for (let y = 0; y + 1 < raster.height; y++) {
      for (let x = 0; x + 7 <= raster.width; x++) {
        if (!white[y]!.startsWith(rows[0]!, x) || !white[y + 1]!.startsWith(rows[1]!, x)) continue
        const top = y + 12
        let foot = top
        while (colour(x + 3, foot) === colour(x + 3, top)) foot++
        posts.push({tag: tag!, height: foot - top, foot})
      }
    }
  }
  return posts
}
