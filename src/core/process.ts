// Checks whether another process on this machine is alive.
import {readFileSync} from 'node:fs'
import {systemCodeOf} from './errors.js'

/**
 * True while a process with this id runs, whoever started it. One that ended, but whose parent has not asked how, still
 * has its number; it is not alive.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: the process is alive and belongs to another user.
    return systemCodeOf(error) === 'EPERM'
  }
  return !hasEnded(pid)
}

/** By the state in /proc (proc(5): Z, zombie; X, dead), after the name in parentheses. False without a /proc. */
function hasEnded(pid: number): boolean {
  try {
    return /^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
