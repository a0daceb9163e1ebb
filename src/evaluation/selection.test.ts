import fc from 'fast-check'
import {apportion, readShard, select, shardOf} from './selection.js'

const keys = ['x', 'y', 'z'].flatMap((subtask, s) =>
  Array.from({length: 10 * (s + 1)}, (_, i) => ({id: `${subtask}${i}`, subtask})),
)

describe('select', () => {
  it('spreads a limit over the subtasks in proportion to their size', () => {
    const chosen = select('b', keys, {limit: 12, seed: 0})
    expect(['x', 'y', 'z'].map(name => chosen.filter(key => key.subtask === name).length)).toEqual([2, 4, 6])
  })

  it('draws the same samples for the same seed, others for another, and keeps the order of the data', () => {
    const once = select('b', keys, {limit: 20, seed: 1})
    expect(select('b', keys, {limit: 20, seed: 1})).toEqual(once)
    expect(select('b', keys, {limit: 20, seed: 2})).not.toEqual(once)
    expect(once).toEqual(keys.filter(key => once.includes(key)))
  })

  it('draws a smaller limit out of a larger one within a subtask, so that a pilot is part of the full run', () => {
    const small = select('b', keys.slice(0, 10), {limit: 3, seed: 1})
    const large = select('b', keys.slice(0, 10), {limit: 7, seed: 1})
    expect(large).toEqual(expect.arrayContaining(small))
  })

  it('names the subtasks when one is unknown, and the form of an id', () => {
    expect(() => select('b', keys, {subtasks: ['w'], seed: 0})).toThrow('no subtask "w"')
    expect(() => select('b', keys, {ids: ['q'], seed: 0})).toThrow('no sample "q"')
  })
})

describe('samples of one group', () => {
  // Pairs in x, groups of three in y, none in z.
  const size = {x: 2, y: 3, z: 1}
  const grouped = keys.map(({id, subtask}) => {
    const each = size[subtask as keyof typeof size]
    return {id, subtask, ...(each === 1 ? {} : {group: `${subtask}${Math.floor(Number(id.slice(1)) / each)}`})}
  })
  const cut = (chosen: readonly {group?: string}[]) => {
    const count = (list: typeof grouped | typeof chosen, group: string) =>
      list.filter(key => key.group === group).length
    return chosen.flatMap(({group}) =>
      group !== undefined && count(chosen, group) < count(grouped, group) ? group : [],
    )
  }

  it('are selected together, and a limit is never exceeded', () => {
    for (const limit of [1, 2, 7, 12, 30, 59]) {
      const chosen = select('b', grouped, {limit, seed: 1})
      expect([chosen.length <= limit, cut(chosen)]).toEqual([true, []])
    }
  })

  it('stay in one shard', () => {
    for (let index = 1; index <= 3; index++) expect(cut(shardOf(grouped, {index, count: 3}))).toEqual([])
    const all = [1, 2, 3].flatMap(index => shardOf(grouped, {index, count: 3}))
    expect(all.map(({id}) => id).sort()).toEqual(grouped.map(({id}) => id).sort())
  })

  it('may be named alone', () => {
    expect(select('b', grouped, {ids: ['x3'], seed: 0}).map(({id}) => id)).toEqual(['x3'])
  })

  it('are not taken for an item of the same name', () => {
    const twins = [
      {id: 'a', subtask: 'x'},
      {id: 'b', subtask: 'x', group: 'a'},
      {id: 'c', subtask: 'x', group: 'a'},
    ]
    const shards = [1, 2].map(index => shardOf(twins, {index, count: 2}).map(({id}) => id))
    expect(shards).toEqual([['a'], ['b', 'c']])
  })
})

describe('variants of one item', () => {
  // Two orders each, except for the open samples of z.
  const variants = keys.flatMap(({id, subtask}) =>
    subtask === 'z' ? [{id, subtask}] : [0, 1].map(k => ({id: `${id}#o${k}`, subtask, item: id})),
  )
  const itemsOf = (chosen: readonly {id: string}[]) => [...new Set(chosen.map(({id}) => id.replace(/#.*/, '')))]

  it('are selected together, and the same items are selected as without variants', () => {
    for (const limit of [1, 12, 30, 1000]) {
      const chosen = select('b', variants, {limit, seed: 1})
      expect(itemsOf(chosen)).toEqual(select('b', keys, {limit, seed: 1}).map(({id}) => id))
      expect(variants.filter(({id}) => itemsOf(chosen).includes(id.replace(/#.*/, '')))).toEqual(chosen)
    }
  })

  it('are named by their item', () => {
    expect(select('b', variants, {ids: ['x3'], seed: 0}).map(({id}) => id)).toEqual(['x3#o0', 'x3#o1'])
    expect(() => select('b', variants, {ids: ['x3#o0'], seed: 0})).toThrow(
      expect.objectContaining({suggestion: expect.stringContaining('"x0"')}),
    )
  })

  it('stay in one shard, the one of their item', () => {
    for (const index of [1, 2, 3]) {
      const shard = {index, count: 3}
      expect(itemsOf(shardOf(variants, shard))).toEqual(shardOf(keys, shard).map(({id}) => id))
    }
  })
})

describe('apportion', () => {
  it('gives away every seat and never more than rounding up', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({min: 1, max: 500}), {minLength: 1, maxLength: 14}),
        fc.double({min: 0, max: 1, noNaN: true}),
        (sizes, share) => {
          const total = sizes.reduce((a, b) => a + b, 0)
          const seats = Math.floor(total * share)
          const quotas = apportion(seats, sizes)
          expect(quotas.reduce((a, b) => a + b, 0)).toBe(seats)
          for (const [i, quota] of quotas.entries())
            expect(quota).toBeLessThanOrEqual(Math.ceil((seats * sizes[i]!) / total))
        },
      ),
    )
  })
})

describe('shardOf', () => {
  it('makes shards that are disjoint and together complete', () => {
    fc.assert(
      fc.property(fc.integer({min: 1, max: 9}), count => {
        const shards = Array.from({length: count}, (_, i) => shardOf(keys, {index: i + 1, count}))
        expect(shards.flat().length).toBe(keys.length)
        expect(new Set(shards.flat().map(key => key.id)).size).toBe(keys.length)
      }),
    )
  })

  it('reads i/n and refuses anything else', () => {
    expect(readShard('2/4')).toEqual({index: 2, count: 4})
    for (const text of ['0/4', '5/4', '1-4', '', '1/0']) expect(readShard(text)).toBeUndefined()
  })
})
