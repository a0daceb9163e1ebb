// The local endpoint in a process of its own: sends its URL to the parent, and the largest number of open requests when asked.
import {startOpenAIServer} from '../../test/support/openai-server.js'

const server = await startOpenAIServer({behave: () => ({kind: 'answer', text: 'A'}), delayMs: Number(process.argv[2]), keep: false})
process.on('message', () => process.send!({peak: server.peak()}))
process.on('disconnect', () => process.exit())
process.send!({url: server.url})
