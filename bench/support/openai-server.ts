// The local endpoint in a separate process. Sends its URL to the parent. On request, sends the largest number of open
// requests and the time from its first request to its last reply.
import {startOpenAIServer} from '../../test/support/openai-server.js'

const delayMs = Number(process.argv[2])
let first: number | undefined
let last = 0
const server = await startOpenAIServer({
  behave: () => {
    last = performance.now()
    first ??= last - delayMs
    return {kind: 'answer', text: 'A'}
  },
  delayMs,
  keep: false,
})
process.on('message', () => process.send!({peak: server.peak(), seconds: (last - (first ?? last)) / 1000}))
process.on('disconnect', () => process.exit())
process.send!({url: server.url})
