// Whether another process of this machine still lives.
import {systemCodeOf} from './errors.js'

/** True while a process of this number runs, whoever started it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return systemCodeOf(error) === 'EPERM'
  }
}
