// Names what is cached: a key of GitHub's cache has no commas and at most 512 characters, benchmarks and models have.
import {createHash} from 'node:crypto'
import {pathToFileURL} from 'node:url'
import {output} from './github.mjs'

/** Sets the output `key`. */
export function main(env = process.env) {
  const asked = JSON.stringify([env.LANTERN_BENCH ?? '', env.LANTERN_MODEL ?? ''])
  output('key', createHash('sha256').update(asked).digest('hex').slice(0, 32), env)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main()
