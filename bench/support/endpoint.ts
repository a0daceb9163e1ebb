// Starts the local endpoint of the benches and collects its measurements.
import {fork} from 'node:child_process'
import {once} from 'node:events'
import {fileURLToPath} from 'node:url'

export interface Seen {
  /** Largest number of requests open at the same time. */
  readonly peak: number
  /** From the first request to the last reply. */
  readonly seconds: number
}

/** Runs `work` against a new endpoint that answers every request after `delayMs`. */
export async function withEndpoint<T>(
  delayMs: number,
  work: (url: string) => Promise<T>,
): Promise<{result: T; seen: Seen}> {
  const server = fork(fileURLToPath(new URL('openai-server.ts', import.meta.url)), [String(delayMs)], {
    execArgv: ['--import', 'tsx'],
  })
  try {
    const [{url}] = (await once(server, 'message')) as [{url: string}]
    const result = await work(url)
    server.send('seen')
    const [seen] = (await once(server, 'message')) as [Seen]
    return {result, seen}
  } finally {
    server.disconnect()
  }
}
