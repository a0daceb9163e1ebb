// `npm run bench -- NAME ...` runs a benchmark in a separate process. Without a name it lists the benchmarks, each with
// the first line of its file.
import {spawnSync} from 'node:child_process'
import {readdirSync, readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const names = readdirSync(folder)
  .filter(file => file.endsWith('.ts') && !file.endsWith('-side.ts') && file !== 'index.ts')
  .map(file => file.slice(0, -'.ts'.length))

const [name, ...rest] = process.argv.slice(2)
if (name === undefined || !names.includes(name)) {
  if (name !== undefined) console.error(`There is no benchmark "${name}".\n`)
  for (const one of names)
    console.log(
      `${one.padEnd(14)} ${readFileSync(`${folder}${one}.ts`, 'utf8')
        .split('\n', 1)[0]!
        .replace(/^\/\/ /, '')}`,
    )
  process.exit(name === undefined ? 0 : 2)
}
process.exit(
  spawnSync(process.execPath, ['--import', 'tsx', `${folder}${name}.ts`, ...rest], {stdio: 'inherit'}).status ?? 1,
)
