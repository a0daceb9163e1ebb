// Seeded randomness. Every random choice names its seed and its purpose, so its outcome does not depend on the order in
// which work is done.
import {createHash} from 'node:crypto'

export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  next(): number
  /** Uniform integer in [0, n). */
  integer(n: number): number
  /** Standard normal deviate. */
  normal(): number
  /** One element, uniformly. */
  pick<T>(items: readonly T[]): T
  /** A shuffled copy. */
  shuffle<T>(items: readonly T[]): T[]
  /**
   * Fills the array with the next 32-bit words, the ones that `next()` would divide by 2^32. For loops that draw
   * millions.
   */
  fill(words: Uint32Array): void
}

/**
 * A generator for one purpose, e.g. `random(runSeed, sample.id, 'option-order')`.
 * The keys are hashed with sha256 to seed sfc32 (C. Doty-Humphrey, PractRand: "small fast chaotic"; 128 bits of state).
 */
export function random(...keys: (string | number)[]): Random {
  const digest = createHash('sha256').update(JSON.stringify(keys)).digest()
  let a = digest.readUInt32LE(0)
  let b = digest.readUInt32LE(4)
  let c = digest.readUInt32LE(8)
  let counter = 1
  const word = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < 12; i++) word()
  let spare: number | undefined
  const self: Random = {
    next: () => word() / 2 ** 32,
    integer: n => Math.floor(self.next() * n),
    normal() {
      if (spare !== undefined) {
        const value = spare
        spare = undefined
        return value
      }
      // Box and Muller 1958; 1 - u keeps the logarithm finite.
      const radius = Math.sqrt(-2 * Math.log(1 - self.next()))
      const angle = 2 * Math.PI * self.next()
      spare = radius * Math.sin(angle)
      return radius * Math.cos(angle)
    },
    pick: items => items[self.integer(items.length)]!,
    shuffle(items) {
      const copy = [...items]
      for (let i = copy.length - 1; i > 0; i--) {
        const j = self.integer(i + 1)
        const moved = copy[i]!
        copy[i] = copy[j]!
        copy[j] = moved
      }
      return copy
    },
    fill(words) {
      // The same generator on local variables. Variables captured by a closure are several times slower here, because
      // V8 boxes integers of more than 30 bits.
      let [x, y, z, n] = [a, b, c, counter]
      for (let i = 0; i < words.length; i++) {
        const sum = (((x + y) | 0) + n) | 0
        n = (n + 1) | 0
        x = y ^ (y >>> 9)
        y = (z + (z << 3)) | 0
        z = (z << 21) | (z >>> 11)
        z = (z + sum) | 0
        words[i] = sum
      }
      ;[a, b, c, counter] = [x, y, z, n]
    },
  }
  return self
}
