// Writes the published tables of the built-in models: the output of `lantern-eval run` without flags. Needs a build.
//
//   npm run build && npm run publish:controls
import {spawnSync} from 'node:child_process'
import {rmSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))
const out = join('results', 'controls-hops')
const published = join('results', 'published', 'hops')

// Removed first, because a finished run would only be shown again.
rmSync(join(root, out), {recursive: true, force: true})
const {status} = spawnSync(
  process.execPath,
  [
    'bin/run.js',
    'run',
    '--out',
    out,
    '--format',
    `markdown=${join(published, 'table.md')},json=${join(published, 'summary.json')}`,
  ],
  {cwd: root, stdio: 'inherit'},
)
process.exit(status ?? 1)
