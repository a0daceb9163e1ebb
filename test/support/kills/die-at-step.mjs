// Loaded into a process before its program (`node --import`): kills the process at its n-th step that changes a file,
// in the middle of the bytes where the step writes some. Without a number it counts the steps.
// KILL_AT_STEP is the number, KILL_STEPS_FILE where the count is written.
import fs from 'node:fs'
import {syncBuiltinESMExports} from 'node:module'
import {isMainThread} from 'node:worker_threads'

const at = Number(process.env.KILL_AT_STEP ?? 0)
const countFile = process.env.KILL_STEPS_FILE
const real = {writeSync: fs.writeSync, writeFileSync: fs.writeFileSync, openSync: fs.openSync}
let steps = 0

const die = () => process.kill(process.pid, 'SIGKILL')

/** Counts a step; at the one that was asked for, writes half of its bytes and dies. */
function step(data, fd) {
  if (++steps !== at) return
  if (fd !== undefined && (typeof data === 'string' || ArrayBuffer.isView(data))) {
    const bytes = Buffer.from(typeof data === 'string' ? data : data.buffer, data.byteOffset, data.byteLength)
    if (bytes.length > 1) real.writeSync(fd, bytes, 0, bytes.length >> 1)
  }
  die()
}

function wrap(owner, name, before) {
  const original = owner[name]
  owner[name] = function (...args) {
    before.call(this, args)
    return original.apply(this, args)
  }
}

const changing = flags => typeof flags === 'string' && flags !== 'r'
if (isMainThread) {
  for (const name of ['rename', 'link', 'symlink', 'unlink', 'rm', 'rmdir', 'mkdir', 'truncate', 'copyFile']) {
    wrap(fs.promises, name, () => step())
    wrap(fs, name, () => step())
    wrap(fs, `${name}Sync`, () => step())
  }
  for (const name of ['writeFile', 'appendFile'])
    wrap(fs.promises, name, ([path, data, options]) => {
      const flags = name === 'appendFile' ? 'a' : (options?.flag ?? 'w')
      if (steps + 1 === at && typeof path === 'string') step(data, real.openSync(path, flags))
      step()
    })
  wrap(fs.promises, 'open', ([, flags]) => changing(flags) && step())
  wrap(fs, 'open', ([, flags]) => changing(flags) && step())
  wrap(fs, 'write', ([fd, data]) => step(data, fd))
  wrap(fs, 'writev', ([fd, buffers]) => step(buffers[0], fd))
  wrap(fs, 'fsync', () => step())
  const probe = await fs.promises.open(new URL(import.meta.url), 'r')
  const handle = Object.getPrototypeOf(probe)
  await probe.close()
  for (const name of ['write', 'writeFile', 'appendFile'])
    wrap(handle, name, function ([data]) {
      step(data, this.fd)
    })
  for (const name of ['sync', 'datasync', 'truncate']) wrap(handle, name, () => step())
  syncBuiltinESMExports()
  if (countFile !== undefined) process.on('exit', () => real.writeFileSync(countFile, String(steps)))
}
