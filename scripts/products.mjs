// Everything that is generated from the code and committed: JSON Schemas, the command snapshot, the command pages, the
// README's tables, the page of dependencies and the drawing of the house.
// `node scripts/products.mjs` writes them; `--check` writes nothing and fails when one is out of date. Needs a build.
import {spawnSync} from 'node:child_process'
import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {dirname} from 'node:path'
import {z} from 'zod'
import {dependenciesPage} from './dependencies.mjs'
import {housePage} from './house.mjs'

const check = process.argv.includes('--check')
const stale = []

function product(path, text) {
  const before = existsSync(path) ? readFileSync(path, 'utf8') : null
  if (before === text) return
  if (check) stale.push(path)
  else {
    mkdirSync(dirname(path), {recursive: true})
    writeFileSync(path, text)
    console.log(`wrote ${path}`)
  }
}

const schemas = {
  config: (await import('../dist/cli/settings/file-schema.js')).configSchema(),
  recipe: (await import('../dist/cli/recipes.js')).recipeFileSchema(),
  benchmark: (await import('../dist/benchmarks/definition/schema.js')).definitionSchema,
  lock: (await import('../dist/run-folder/lock.js')).lockSchema,
  record: (await import('../dist/run-folder/record.js')).logRecordSchema,
  'latent-context': (await import('../dist/run-folder/latent-context.js')).latentContextSchema,
  result: (await import('../dist/reports/schemas/result.js')).resultDocumentSchema,
  diagnosis: (await import('../dist/reports/schemas/diagnosis.js')).diagnosisSchema,
  sensitivity: (await import('../dist/reports/schemas/sensitivity.js')).sensitivitySchema,
  'sweep-status': (await import('../dist/evaluation/sweep/status.js')).sweepStatusSchema,
}
for (const [name, schema] of Object.entries(schemas)) {
  const json = {$id: `lantern-eval/schemas/${name}.schema.json`, ...z.toJSONSchema(schema, {io: 'input'})}
  product(`schemas/${name}.schema.json`, `${JSON.stringify(json, null, 2)}\n`)
}

const manifest = JSON.parse(readFileSync('oclif.manifest.json', 'utf8'))
const snapshot = Object.fromEntries(
  Object.values(manifest.commands)
    .filter(command => command.pluginName === 'lantern-eval')
    .map(command => [
      command.id.replaceAll(':', ' '),
      {
        args: Object.keys(command.args ?? {}),
        flags: Object.values(command.flags ?? {})
          .map(flag =>
            [
              `--${flag.name}`,
              flag.char && `-${flag.char}`,
              flag.type === 'option' && (flag.options?.join('|') ?? 'value'),
              flag.multiple && 'repeatable',
              flag.required && 'required',
              flag.env,
            ]
              .filter(Boolean)
              .join(' '),
          )
          .sort(),
      },
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1)),
)
product('test/command-snapshot.json', `${JSON.stringify(snapshot, null, 2)}\n`)

product('design/dependencies.md', dependenciesPage())
product('design/house.md', await housePage())

// The figure of the README, from the same summary as its table.
const {figuresOf, svgOf} = await import('../dist/reports/figures/index.js')
const [scores] = figuresOf(JSON.parse(readFileSync('results/published/hops/summary.json', 'utf8')))
product('results/published/hops/scores.svg', await svgOf(scores, 'light'))
product('results/published/hops/scores.dark.svg', await svgOf(scores, 'dark'))

const benchmarks = await benchmarkRows()

/** The benchmarks as rows of Markdown. */
async function benchmarkRows() {
  const {benchmarkIds, loadBenchmark} = await import('../dist/benchmarks/index.js')
  const {aggregateText} = await import('../dist/core/headline.js')
  const rows = ['| `--bench` | benchmark | samples | headline | prompts of |', '| --- | --- | ---: | --- | --- |']
  for (const id of benchmarkIds()) {
    const {title, subtasks, defaultSplit, scoring, prompts, origin} = await loadBenchmark(id)
    const count = subtasks.reduce((sum, {expected}) => sum + (expected[defaultSplit] ?? 0), 0)
    const samples = count > 0 ? String(count) : origin.pull === undefined ? 'generated' : 'not confirmed'
    const styles = Object.keys(prompts).filter(style => style !== 'lantern-eval')
    const headline = `${aggregateText(scoring.aggregate)} ${scoring.metric}`
    rows.push(
      `| \`${id}\` | ${title.replaceAll('*', '\\*')} | ${samples} | ${headline} | ${styles.join(', ') || '-'} |`,
    )
  }
  return rows
}

// oclif writes its Markdown in place; what was there is put back when only checking.
const pages = ['README.md', ...(existsSync('docs') ? readdirSync('docs').map(name => `docs/${name}`) : [])]
const before = new Map(pages.map(path => [path, readFileSync(path, 'utf8')]))
const {status, stderr} = spawnSync(
  'npx',
  ['--no-install', 'oclif', 'readme', '--multi', '--output-dir', 'docs', '--no-aliases'],
  {
    encoding: 'utf8',
  },
)
if (status !== 0) {
  console.error(stderr)
  process.exit(1)
}
// The version line carries the machine's platform and Node version; the pages should not change with them.
const written = new Map(
  ['README.md', ...readdirSync('docs').map(name => `docs/${name}`)].map(path => [
    path,
    readFileSync(path, 'utf8').replace(/lantern-eval\/(\S+) \S+ node-v\S+/g, 'lantern-eval/$1 linux-x64 node-v20'),
  ]),
)
for (const path of written.keys()) {
  if (before.has(path)) writeFileSync(path, before.get(path))
  else rmSync(path)
}
for (const [path, text] of written) product(path, path === 'README.md' ? withTables(text) : text)

/**
 * Fills `<!-- table FILE -->` ... `<!-- tablestop -->` with the published table, and `<!-- benchmarks -->` with the
 * benchmarks.
 */
function withTables(text) {
  return text
    .replace(
      /(<!-- table (\S+) -->\n)[\s\S]*?(<!-- tablestop -->)/g,
      (_, open, file, close) => `${open}${readFileSync(file, 'utf8').trim()}\n${close}`,
    )
    .replace(
      /(<!-- benchmarks -->\n)[\s\S]*?(<!-- benchmarksstop -->)/,
      (_, open, close) => `${open}\n${benchmarks.join('\n')}\n\n${close}`,
    )
}

if (stale.length > 0) {
  console.error(`Out of date: ${stale.join(', ')}. Run \`npm run products\` and commit the result.`)
  process.exit(1)
}
if (check) console.log('Generated files are up to date.')
