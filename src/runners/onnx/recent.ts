// Remembers what was computed last, up to a number of bytes: the value that was used least recently goes first.

interface Entry<V> {
  readonly value: V
  readonly bytes: number
}

export class Recent<V> {
  readonly #mostBytes: number
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry<V>>()
  #bytes = 0

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  /** The value of a key, remembered or made. What takes more than all the bytes is not remembered. */
  async get(key: string, make: () => Promise<V>, bytesOf: (value: V) => number): Promise<V> {
    const known = this.#entries.get(key)
    if (known !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, known)
      return known.value
    }
    const value = await make()
    this.#add(key, {value, bytes: bytesOf(value)})
    return value
  }

  #add(key: string, entry: Entry<V>): void {
    if (entry.bytes > this.#mostBytes || this.#entries.has(key)) return
    this.#entries.set(key, entry)
    this.#bytes += entry.bytes
    for (const [oldest, {bytes}] of this.#entries) {
      if (this.#bytes <= this.#mostBytes) return
      this.#entries.delete(oldest)
      this.#bytes -= bytes
    }
  }
}
