// Robust multiple choice: a data set whose items are asked under several orders of their options (`--options
// shuffle:N|circular`). Scoring is elsewhere.
import {LanternError} from '../core/errors.js'
import {random} from '../core/random.js'
import type {Sample} from '../core/sample.js'
import type {DataSet, SampleKey} from './benchmark.js'

/** `file`: as in the data; `shuffle`: that and N - 1 other orders, drawn by seed; `circular`: every rotation. */
export type OptionOrders =
  | {readonly kind: 'file'}
  | {readonly kind: 'shuffle'; readonly count: number}
  | {readonly kind: 'circular'}

/** The most orders of one item: 4! of four options. */
export const mostOrders = 24

/** Reads the value of `--options`. Throws `usage`. */
export function parseOptionOrders(value: string): OptionOrders {
  if (value === 'file' || value === 'circular') return {kind: value}
  const count = Number(/^shuffle:(\d+)$/.exec(value)?.[1])
  if (Number.isInteger(count) && count >= 1 && count <= mostOrders) return {kind: 'shuffle', count}
  throw new LanternError(
    'usage',
    `--options "${value}" names no option order.`,
    `Give circular, or shuffle:N with N from 1 to ${mostOrders}.`,
  )
}

/**
 * The data set with every item in these orders of its options; for the orders of the data, the data set itself. Keys
 * and samples are the variants; those of one item are consecutive. Everything else is unchanged.
 */
export function withOptionOrders(data: DataSet, orders: OptionOrders, seed: number): DataSet {
  if (orders.kind === 'file') return data
  async function* variants(only?: ReadonlySet<string>): AsyncGenerator<Sample> {
    for await (const item of data.samples(only)) yield* optionVariants(item, orders, seed)
  }
  let keys: Promise<readonly SampleKey[]> | undefined
  const readKeys = async () => {
    // This finds two samples with one id, as for data in their own order.
    await data.keys()
    const list: SampleKey[] = []
    // The number of orders of an item is known only from its options.
    for await (const {id, subtask, item, group} of variants())
      list.push({id, subtask, ...(item === undefined ? {} : {item}), ...(group === undefined ? {} : {group})})
    return list
  }
  const allKeys = () => {
    keys ??= readKeys()
    return keys
  }
  return {
    ...data,
    keys: allKeys,
    async *samples(only) {
      if (only === undefined) {
        yield* variants()
        return
      }
      const items = (await allKeys()).flatMap(({id, item}) => (only.has(id) ? [item ?? id] : []))
      for await (const sample of variants(new Set(items))) if (only.has(sample.id)) yield sample
    },
  }
}

/**
 * The variants of a sample: ids `<id>#o<k>`, k from 0; same question and pictures. Letters stay in place, texts move,
 * and the gold letter moves with its text. Variants share the cluster and the group of the item (its own, else its id),
 * and `item` names it.
 * The first variant is the order of the data. Orders are distinct; items with few options have fewer of them.
 * A sample without options (open answer, or letters alone) is returned as it is.
 */
export function optionVariants(sample: Sample, orders: OptionOrders, seed: number): Sample[] {
  const {options, letters} = sample
  if (orders.kind === 'file' || !options || !letters || options.length < 2 || options.length !== letters.length)
    return [sample]
  return ordersOf(options.length, orders, seed, sample).map((order, k) => {
    const gold = typeof sample.gold === 'string' ? letters[order.indexOf(letters.indexOf(sample.gold))] : sample.gold
    const moved = order.map(index => options[index]!)
    return {
      ...sample,
      id: `${sample.id}#o${k}`,
      officialPrompt: k === 0 ? sample.officialPrompt : rewritten(sample.officialPrompt, letters, options, moved),
      options: moved,
      gold: gold ?? sample.gold,
      cluster: sample.cluster ?? sample.id,
      item: sample.id,
      group: sample.group ?? sample.id,
      extra: {...sample.extra, order},
    }
  })
}

/**
 * The data set's own prompt with the options in their new places. Its white space varies, so nothing else in it is
 * touched. Undefined if an option does not occur in it as `(A) text`: then the prompt is built from the question and
 * the options.
 */
function rewritten(
  prompt: string | undefined,
  letters: readonly string[],
  before: readonly string[],
  after: readonly string[],
) {
  let head = prompt ?? ''
  let tail = ''
  for (let index = letters.length - 1; index >= 0; index--) {
    const at = head.lastIndexOf(`(${letters[index]}) ${before[index]}`)
    if (at === -1) return undefined
    const text = at + `(${letters[index]}) `.length
    tail = after[index] + head.slice(text + before[index]!.length) + tail
    head = head.slice(0, text)
  }
  return head + tail
}

/** Each order says which option of the data is in each place. */
function ordersOf(n: number, orders: Exclude<OptionOrders, {kind: 'file'}>, seed: number, sample: Sample): number[][] {
  const inFile = Array.from({length: n}, (_, index) => index)
  if (orders.kind === 'circular') return inFile.map(turn => inFile.map(index => (index + turn) % n))
  const found = new Map([[inFile.join(), inFile]])
  const possible = inFile.reduce((product, index) => Math.min(mostOrders, product * (index + 1)), 1)
  const draw = random(seed, sample.benchmark, sample.id, 'option-order')
  while (found.size < Math.min(orders.count, possible)) {
    const order = draw.shuffle(inFile)
    found.set(order.join(), order)
  }
  return [...found.values()]
}
