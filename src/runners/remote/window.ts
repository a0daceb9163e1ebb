// Processes a stream with a sliding window: pulls as many items as the window allows and yields results as they finish.
// Independent of the network.

/**
 * Results of `work` over `source`, in the order they finish. While fewer than `size()` items are in progress, the next
 * one is pulled, even while the consumer is busy with a result; at most `size()` results wait for the consumer. A size
 * of 0 ends the work. After a failure of `source` or `work`, or when `signal` aborts, nothing more is pulled, the items
 * in progress are awaited, and then the failure is thrown.
 * A result keeps the place of its item until `settled` resolves (it must not reject), even after it was taken.
 */
export async function* inWindow<T, R>(
  source: AsyncIterable<T>,
  size: () => number,
  work: (item: T) => Promise<R>,
  signal: AbortSignal,
  settled: (result: R) => Promise<void> | undefined = () => undefined,
): AsyncGenerator<R> {
  const iterator = source[Symbol.asyncIterator]()
  const results: R[] = []
  let atWork = 0
  let unsettled = 0
  let pulling = false
  let ended = false
  let failure: {readonly thrown: unknown} | undefined
  let wake = () => {}

  const settle = () => {
    pull()
    wake()
  }
  const fail = (thrown: unknown) => {
    failure ??= {thrown}
    ended = true
  }
  const start = (item: T) => {
    atWork++
    work(item)
      .then(result => {
        results.push(result)
        const waiting = settled(result)
        if (waiting === undefined) return
        unsettled++
        void waiting.then(() => {
          unsettled--
          settle()
        })
      }, fail)
      .finally(() => {
        atWork--
        settle()
      })
  }
  const pull = () => {
    if (signal.aborted || size() === 0) ended = true
    if (pulling || ended || atWork + unsettled >= size() || results.length >= size()) return
    pulling = true
    iterator
      .next()
      .then(next => {
        if (next.done === true) ended = true
        else if (!signal.aborted) start(next.value)
      }, fail)
      .finally(() => {
        pulling = false
        settle()
      })
  }

  try {
    while (true) {
      while (results.length > 0) {
        yield results.shift()!
        pull()
      }
      pull()
      if (ended && atWork === 0 && !pulling && results.length === 0) break
      if (results.length === 0) {
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    }
    if (failure !== undefined) throw failure.thrown
  } finally {
    ended = true
    await iterator.return?.()
  }
}
