// A real redis-server on a free port, without a password or with one. Every server that a test started is killed,
// whatever fails.
import {spawn} from 'node:child_process'
import {existsSync} from 'node:fs'
import {mkdtemp, rm} from 'node:fs/promises'
import {connect, createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {endWithTests} from './cli.js'

const places = [process.env['REDIS_SERVER'], '/usr/bin/redis-server', '/usr/local/bin/redis-server']
const redisPath = places.find(place => place !== undefined && existsSync(place))

/** `describe` where there is a redis-server; elsewhere a suite that is skipped under a name that says why. */
export function describeWithRedis(name: string, body: () => void): void {
  if (redisPath === undefined) describe.skip(`${name} (skipped: there is no redis-server here)`, body)
  else describe(name, body)
}

export const password = 'sesame-7781'

export class RedisServer {
  #child: ReturnType<typeof spawn> | undefined

  private constructor(
    readonly port: number,
    private readonly dir: string,
  ) {}

  static async start(): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), await mkdtemp(join(tmpdir(), 'redis-')))
    await server.startAgain()
    return server
  }

  get url(): string {
    return `redis://:${password}@127.0.0.1:${this.port}/1`
  }

  /** Starts it, or starts it again, with nothing in it, and waits until it answers. */
  async startAgain(): Promise<void> {
    const flags = [
      '--port',
      `${this.port}`,
      '--bind',
      '127.0.0.1',
      '--dir',
      this.dir,
      '--save',
      '',
      '--appendonly',
      'no',
    ]
    const child = spawn(redisPath!, [...flags, '--requirepass', password], {stdio: 'ignore'})
    endWithTests(child)
    this.#child = child
    while (!(await answers(this.port))) {
      if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`)
      await sleep(50)
    }
  }

  /** Kills it: what it held is gone. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise(resolve => child.once('close', resolve))
    child.kill('SIGKILL')
    await ended
  }

  async end(): Promise<void> {
    await this.kill()
    await rm(this.dir, {recursive: true, force: true})
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const {port} = server.address() as {port: number}
      server.close(() => resolve(port))
    })
  })
}

function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
