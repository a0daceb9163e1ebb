import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {isAlive} from './process.js'

test('this process is alive, and one that was waited for is not', async () => {
  expect(isAlive(process.pid)).toBe(true)
  const child = spawn(process.execPath, ['--version'], {stdio: 'ignore'})
  await once(child, 'exit')
  expect(isAlive(child.pid!)).toBe(false)
})

const onLinux = process.platform === 'linux' ? test : test.skip

onLinux('a process that ended, and whose parent does not wait for it, is not alive', async () => {
  // `exec` makes the shell, which started the child, a program that waits for nobody.
  const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 60'], {stdio: ['ignore', 'pipe', 'ignore']})
  try {
    const [line] = await once(parent.stdout!, 'data')
    const pid = Number(line)
    expect(isAlive(pid)).toBe(true)
    await new Promise(resolve => setTimeout(resolve, 1_000))
    // It still has its number.
    expect(process.kill(pid, 0)).toBe(true)
    expect(isAlive(pid)).toBe(false)
  } finally {
    parent.kill()
  }
})
