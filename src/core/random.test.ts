import {createHash} from 'node:crypto'
import {random} from './random.js'

const draws = 16_000

/** sfc32 as its author wrote it (C. Doty-Humphrey, PractRand), on BigInt instead of 32-bit words. */
function reference(keys: readonly (string | number)[], count: number): bigint[] {
  const mask = 0xffffffffn
  const digest = createHash('sha256').update(JSON.stringify(keys)).digest()
  let [a, b, c] = [0, 4, 8].map(offset => BigInt(digest.readUInt32LE(offset))) as [bigint, bigint, bigint]
  let counter = 1n
  const words: bigint[] = []
  for (let i = 0; i < count + 12; i++) {
    const word = (a + b + counter++) & mask
    a = b ^ (b >> 9n)
    b = (c + (c << 3n)) & mask
    c = ((((c << 21n) | (c >> 11n)) & mask) + word) & mask
    if (i >= 12) words.push(word)
  }
  return words
}

test('produces the words of sfc32 for its keys', () => {
  const source = random(7, 'val_Counting_1', 'options')
  const words = Array.from({length: 100}, () => BigInt(source.next() * 2 ** 32))
  expect(words).toEqual(reference([7, 'val_Counting_1', 'options'], 100))
})

test('fill produces the words that next would have produced', () => {
  const words = new Uint32Array(50)
  const [one, two] = [random('a'), random('a')]
  one.fill(words)
  expect([...words]).toEqual(Array.from({length: 50}, () => two.next() * 2 ** 32))
  expect(one.next()).toBe(two.next())
})

test('depends on every key and on nothing else', () => {
  const first = (...keys: (string | number)[]) => random(...keys).next()
  expect(first(0, 'a', 'b')).toBe(first(0, 'a', 'b'))
  expect(
    new Set([first(0, 'a', 'b'), first(1, 'a', 'b'), first(0, 'ab'), first(0, 'b', 'a'), first('0', 'a', 'b')]).size,
  ).toBe(5)
})

test('integers are uniform', () => {
  const source = random('uniform')
  const counts = new Array<number>(16).fill(0)
  for (let i = 0; i < draws; i++) counts[source.integer(16)]!++
  const expected = draws / 16
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  // 15 degrees of freedom: a fair source exceeds 56.5 once in a million times.
  expect(chiSquare).toBeLessThan(56.5)
})

test('normal deviates have mean 0 and variance 1', () => {
  const source = random('normal')
  const values = Array.from({length: draws}, () => source.normal())
  const mean = values.reduce((sum, value) => sum + value, 0) / draws
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws
  // Five standard errors: 1 / sqrt(n) of the mean, sqrt(2 / n) of the variance.
  expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(draws))
  expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / draws))
})

test('a shuffle is a permutation, reaches every order, and leaves its input alone', () => {
  const items = Object.freeze(['a', 'b', 'c'])
  const orders = new Set(Array.from({length: 200}, (_, seed) => random(seed).shuffle(items).join('')))
  expect([...orders].sort()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba'])
})
