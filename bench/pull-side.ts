// One side of the pull bench in a separate process. `bare` streams every file to disk; `pull` is our download with
// hashes and cache layout.
import {createWriteStream} from 'node:fs'
import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {pipeline} from 'node:stream/promises'
import {request} from 'undici'
import {downloadRepo} from '../src/hub/download-repo.js'
import {commit} from '../test/support/hub-server.js'

const [side, url, folder, files] = process.argv.slice(2) as [string, string, string, string]

async function bare(): Promise<void> {
  await mkdir(folder, {recursive: true})
  const one = async (index: number) => {
    const redirect = await request(`${url}/datasets/owner/name/resolve/${commit}/val-${index}.parquet`)
    await redirect.body.dump()
    const {body} = await request(String(redirect.headers['location']))
    await pipeline(body, createWriteStream(join(folder, `val-${index}.parquet`)))
  }
  await Promise.all(Array.from({length: Number(files)}, (_, index) => one(index)))
}

const cpu = process.cpuUsage()
const started = performance.now()
if (side === 'bare') await bare()
else
  await downloadRepo(
    {kind: 'dataset', name: 'owner/name', revision: 'main'},
    {env: {HF_HOME: folder, HF_ENDPOINT: url}},
  )
const seconds = (performance.now() - started) / 1000
const {user, system} = process.cpuUsage(cpu)
console.log(JSON.stringify({seconds, cpuSeconds: (user + system) / 1e6}))
