import type {Sample} from '../core/sample.js'
import {withNeighbours} from './neighbours.js'

const sample = (id: string, picture: string, more: Partial<Sample> = {}): Sample => ({
  ...{id, benchmark: 'b', subtask: 's', question: '', gold: null},
  images: [{source: picture, orientation: 'ignore', bytes: () => Promise.reject(new Error('not read'))}],
  ...more,
})

async function pairs(samples: readonly Sample[]): Promise<[string, string | null][]> {
  const found: [string, string | null][] = []
  const stream = (async function* () {
    yield* samples
  })()
  for await (const {sample, other} of withNeighbours(stream)) found.push([sample.id, other?.id ?? null])
  return found
}

it('is the next sample, and for the last one the first', async () => {
  expect(await pairs([sample('1', 'p'), sample('2', 'q'), sample('3', 'r')])).toEqual([
    ['1', '2'],
    ['2', '3'],
    ['3', '1'],
  ])
})

it('has another picture and is another item of another cluster', async () => {
  const samples = [
    sample('1', 'p'),
    sample('2', 'p'),
    sample('3#o0', 'q', {item: '3'}),
    sample('3#o1', 'r', {item: '3'}),
    sample('4', 's', {cluster: 'c'}),
    sample('5', 't', {cluster: 'c'}),
    sample('6', 'u', {images: []}),
  ]
  expect(await pairs(samples)).toEqual([
    ['1', '3#o0'],
    ['2', '3#o0'],
    ['3#o0', '4'],
    ['3#o1', '4'],
    ['4', '1'],
    ['5', '1'],
    ['6', '1'],
  ])
})

it('is nobody where all have one picture, and a long row of them does not wait for the end', async () => {
  const same = Array.from({length: 200}, (_, i) => sample(`${i}`, 'p'))
  const found = await pairs([...same, sample('x', 'q')])
  expect(found.map(([id]) => id)).toEqual([...same.map(({id}) => id), 'x'])
  expect(found[0]).toEqual(['0', null])
  expect(found[199]).toEqual(['199', 'x'])
  expect(await pairs(same.slice(0, 3))).toEqual([
    ['0', null],
    ['1', null],
    ['2', null],
  ])
})
