// Makes design/dependencies.md from package.json, the installed packages and design/dependencies.json.
// That last file holds one reason each, written by hand; everything else is read.
import {readFileSync} from 'node:fs'

const json = path => JSON.parse(readFileSync(path, 'utf8'))

/** What is wrong with the reasons, in sentences; empty when every dependency has one and every reason a dependency. */
export function unexplained() {
  const {dependencies, devDependencies} = json('package.json')
  const {reasons} = json('design/dependencies.json')
  const used = {...dependencies, ...devDependencies}
  return [
    ...Object.keys(used)
      .filter(name => !reasons[name]?.for || !reasons[name]?.why)
      .map(name => `${name} has no reason in design/dependencies.json ("for" and "why")`),
    ...Object.keys(reasons)
      .filter(name => !(name in used))
      .map(name => `design/dependencies.json explains ${name}, which package.json does not name`),
    ...Object.entries(used)
      .filter(([, version]) => !/^\d/.test(version))
      .map(([name, version]) => `${name} is not pinned to one version: ${version}`),
  ]
}

/** The page, as Markdown. */
export function dependenciesPage() {
  const {dependencies, devDependencies} = json('package.json')
  const {reasons, left} = json('design/dependencies.json')
  return [
    '# Dependencies, each with its reason',
    '',
    '`npm run products` writes this page from package.json, the installed packages and `design/dependencies.json`.',
    '',
    "All versions are exact and run on Node 20.19. The rule: outside of this project's own subject, a well-kept library",
    'beats our own code. Our own subject is adapters, latent decoding, graphs from checkpoints, answer extraction, and the',
    'statistics that no package has. Python appears in `training/` and in the scripts that made goldens, never for a user',
    'or in CI.',
    '',
    '## At run time',
    '',
    ...table(dependencies, reasons),
    '',
    '## For development',
    '',
    ...table(devDependencies, reasons),
    '',
    '## Held back by Node 20',
    '',
    'These versions, and one package, are here for Node 20 alone: their newer majors need Node 22 or later. They move',
    'once Node 20 is no longer supported here. `.ci/run` runs them on Node 22 and 24 too (`scripts/on-nodes.mjs`).',
    '',
    '| package | here | newer major |',
    '| --- | --- | --- |',
    ...Object.entries(reasons)
      .filter(([, {node20}]) => node20 !== undefined)
      .map(([name, {node20}]) => `| ${name} | ${{...dependencies, ...devDependencies}[name]} | ${node20} |`),
    '',
    '## Looked at and left',
    '',
    '| package | why not |',
    '| --- | --- |',
    ...Object.entries(left).map(([name, why]) => `| ${name} | ${why} |`),
    '',
  ].join('\n')
}

function table(packages, reasons) {
  return [
    '| package | version | licence | for | why this one |',
    '| --- | --- | --- | --- | --- |',
    ...Object.entries(packages).map(([name, version]) => {
      const {license} = json(`node_modules/${name}/package.json`)
      return `| ${name} | ${version} | ${license} | ${reasons[name]?.for ?? ''} | ${reasons[name]?.why ?? ''} |`
    }),
  ]
}
