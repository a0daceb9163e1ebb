// Runs a function of this thread with a limit on its time. For code that a checkpoint steers, such as the regular
// expressions of a tokenizer. It bounds no memory; template-process.ts does both.
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
    if ((error as {code?: unknown} | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
      throw new Error(`it does not end within ${ms / 1000} s`)
    throw error
  }
}
