// Runs a function of this thread with a limit on its time. For code that a file steers, such as the patterns of a
// tokenizer or a template. It bounds no memory and does not wait for promises.
import {createContext, Script} from 'node:vm'

const call = new Script('work()')
/** Made once, because making one takes a millisecond. */
const sandbox = createContext({work: undefined}) as {work: unknown}

/** What `work` returns. Throws an Error that says so when it does not end in time, and whatever `work` throws. */
export function withinTime<T>(work: () => T, ms: number): T {
  // Only the virtual machine can interrupt a loop from within its own thread.
  sandbox.work = work
  try {
    return call.runInContext(sandbox, {timeout: ms}) as T
  } catch (error) {
    if ((error as {code?: unknown} | null)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    throw new Error(`it does not end within ${ms / 1000} s`)
  }
}
