// The local hub in a separate process: serves `files` files with `bytes` bytes of noise each, and sends its URL to the
// parent.
import {randomBytes} from 'node:crypto'
import {startHubServer} from '../../test/support/hub-server.js'

const [files, bytes] = process.argv.slice(2).map(Number) as [number, number]
const hub = await startHubServer(
  Array.from({length: files}, (_, index) => ({path: `val-${index}.parquet`, bytes: randomBytes(bytes), lfs: true})),
)
process.on('disconnect', () => process.exit())
process.send!({url: hub.endpoint})
