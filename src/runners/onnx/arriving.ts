// Groups that come when they come, for a batch that must not wait for them.
import type {Request} from '../../core/generation.js'
import type {Waiting} from './decode.js'

/** The groups in their order; while the next is not there, a `Waiting` each time that something is asked for. */
export async function* arriving(
  groups: AsyncIterable<readonly Request[]>,
): AsyncGenerator<readonly Request[] | Waiting> {
  const source = groups[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = source.next()
      let here = false
      const arrived = next.then(
        () => (here = true),
        () => (here = true),
      )
      await new Promise(setImmediate)
      while (!here) {
        yield {waits: arrived}
        await new Promise(setImmediate)
      }
      const {done, value} = await next
      if (done) return
      yield value
    }
  } finally {
    await source.return?.()
  }
}
