// Compiles src to dist, bundles the pages of `view` and `report`, copies the shipped definitions of benchmarks, and
// writes oclif's manifest, so that start-up does not scan the commands folder.
import {spawnSync} from 'node:child_process'
import {cpSync, existsSync, rmSync} from 'node:fs'

if (existsSync('src')) {
  rmSync('dist', {recursive: true, force: true})
  for (const args of [
    ['tsc', '-p', 'tsconfig.build.json'],
    ['oclif', 'manifest'],
  ]) {
    const {status} = spawnSync('npx', ['--no-install', ...args], {
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    })
    if (status !== 0) process.exit(status ?? 1)
    if (args[0] !== 'tsc') continue
    await bundlePages()
    cpSync('src/benchmarks/definitions', 'dist/benchmarks/definitions', {recursive: true})
  }
}

/** One script, one style sheet and an icon in dist/pages. */
async function bundlePages() {
  const {build} = await import('esbuild')
  await build({
    entryPoints: ['pages/app.tsx', 'pages/app.css'],
    outdir: 'dist/pages',
    bundle: true,
    minify: true,
    target: ['es2022'],
    format: 'iife',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'eof',
    logLevel: 'warning',
  })
  cpSync('pages/icon.svg', 'dist/pages/icon.svg')
}
