// Checks whether another process on this machine is alive.
import {systemCodeOf} from './errors.js'

/** True while a process with this id runs, whoever started it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: the process is alive and belongs to another user.
    return systemCodeOf(error) === 'EPERM'
  }
}
