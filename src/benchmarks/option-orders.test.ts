import fc from 'fast-check'
import {letterOf, type Sample} from '../core/sample.js'
import type {DataSet} from './benchmark.js'
import {optionVariants, parseOptionOrders, withOptionOrders} from './option-orders.js'

const sampleOf = (options: string[], gold = 'A'): Sample => ({
  ...{
    id: 'val_Counting_7',
    benchmark: 'blink',
    subtask: 'Counting',
    images: [],
    question: 'How many?',
    officialPrompt: 'How many (1 or 2)?\n\n(A) 1\n(B) 2 \n(C) 3\n',
  },
  ...{options, letters: options.map((_, index) => letterOf(index)), gold},
})
const goldText = (sample: Sample) => sample.options![sample.letters!.indexOf(sample.gold as string)]

describe('option orders', () => {
  it('move every option through every place when circular', () => {
    const variants = optionVariants(sampleOf(['1', '2', '3'], 'B'), {kind: 'circular'}, 0)
    expect(variants.map(({id, options, gold}) => [id, options?.join(''), gold])).toEqual([
      ['val_Counting_7#o0', '123', 'B'],
      ['val_Counting_7#o1', '231', 'A'],
      ['val_Counting_7#o2', '312', 'C'],
    ])
    expect(variants.every(({cluster}) => cluster === 'val_Counting_7')).toBe(true)
    expect(variants[2]!.officialPrompt).toBe('How many (1 or 2)?\n\n(A) 3\n(B) 1 \n(C) 2\n')
  })

  it('drop the data set’s own prompt if it does not list the options', () => {
    const variants = optionVariants(sampleOf(['x', 'y']), {kind: 'circular'}, 0)
    expect(variants.map(({officialPrompt}) => officialPrompt === undefined)).toEqual([false, true])
  })

  it('keep the item’s cluster, and name the item', () => {
    const [, second] = optionVariants({...sampleOf(['1', '2']), cluster: 'picture.jpg'}, {kind: 'circular'}, 0)
    expect(second).toMatchObject({cluster: 'picture.jpg', item: 'val_Counting_7', extra: {order: [1, 0]}})
    // All orders have to be right together; those of a pair together with the pair.
    expect(second!.group).toBe('val_Counting_7')
    expect(optionVariants({...sampleOf(['1', '2']), group: 'pair'}, {kind: 'circular'}, 0)[1]!.group).toBe('pair')
  })

  it('are the same for the same seed, others for another, and begin with the order of the data', () => {
    const orders = (seed: number) =>
      optionVariants(sampleOf([...'123456']), {kind: 'shuffle', count: 4}, seed).map(({options}) => options!.join(''))
    expect(orders(1)).toEqual(orders(1))
    expect(orders(1)).not.toEqual(orders(2))
    expect(orders(1)[0]).toBe('123456')
  })

  it('leave samples without options alone', () => {
    const open: Sample = {...sampleOf([]), options: undefined, letters: undefined, gold: ['a window']}
    expect(optionVariants(open, {kind: 'circular'}, 0)).toEqual([open])
  })

  it('are distinct, keep every text, and move the gold letter with its text', () => {
    fc.assert(
      fc.property(
        fc.integer({min: 2, max: 6}),
        fc.nat(),
        fc.integer({min: 1, max: 24}),
        fc.nat(),
        (n, right, count, seed) => {
          const sample = sampleOf(
            Array.from({length: n}, (_, index) => `option ${index}`),
            letterOf(right % n),
          )
          const variants = optionVariants(sample, {kind: 'shuffle', count}, seed)
          expect(variants.every(variant => goldText(variant) === goldText(sample))).toBe(true)
          expect(
            variants.every(({options}) => [...options!].sort().join() === [...sample.options!].sort().join()),
          ).toBe(true)
          expect(new Set(variants.map(({options}) => options!.join())).size).toBe(variants.length)
          expect(variants.length).toBe(Math.min(count, [0, 0, 2, 6, 24, 24, 24][n]!))
        },
      ),
    )
  })

  it('are read from the flag', () => {
    expect([parseOptionOrders('circular'), parseOptionOrders('shuffle:3')]).toEqual([
      {kind: 'circular'},
      {kind: 'shuffle', count: 3},
    ])
    for (const value of ['shuffle', 'shuffle:0', 'shuffle:x', 'shuffle:99', 'random']) {
      expect(() => parseOptionOrders(value)).toThrow(expect.objectContaining({code: 'usage'}))
    }
  })
})

describe('a data set in several option orders', () => {
  const items = [
    {...sampleOf(['1', '2', '3'], 'B'), id: 'a'},
    {...sampleOf([]), id: 'b', options: undefined, letters: undefined, gold: ['a window']},
    {...sampleOf(['x', 'y']), id: 'c'},
  ]
  const data = {
    layout: 'parquet',
    keys: async () => items.map(({id, subtask}) => ({id, subtask})),
    async *samples(only?: ReadonlySet<string>) {
      for (const item of items) if (!only || only.has(item.id)) yield item
    },
  } as unknown as DataSet
  const circular = withOptionOrders(data, {kind: 'circular'}, 0)
  const idsOf = async (only?: readonly string[]) => {
    const ids: string[] = []
    for await (const {id} of circular.samples(only && new Set(only))) ids.push(id)
    return ids
  }
  const all = ['a#o0', 'a#o1', 'a#o2', 'b', 'c#o0', 'c#o1']

  it('has the variants as keys and samples, and says which item each belongs to', async () => {
    const keys = await circular.keys()
    expect(keys.map(({id}) => id)).toEqual(all)
    expect(keys.map(({item}) => item)).toEqual(['a', 'a', 'a', undefined, 'c', 'c'])
    expect(await idsOf()).toEqual(all)
  })

  it('gives only the variants asked for', async () => {
    expect(await idsOf(['a#o1', 'b', 'c#o0'])).toEqual(['a#o1', 'b', 'c#o0'])
    expect(await idsOf(['a'])).toEqual([])
  })

  it('is the data set itself in the order of the file, and changes nothing else', () => {
    expect(withOptionOrders(data, {kind: 'file'}, 0)).toBe(data)
    expect(circular.layout).toBe('parquet')
  })
})
