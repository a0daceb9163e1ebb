// Compiles src to dist, copies the shipped definitions of benchmarks, and writes oclif's manifest, so that start-up
// does not scan the commands folder.
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
    if (args[0] === 'tsc') cpSync('src/benchmarks/definitions', 'dist/benchmarks/definitions', {recursive: true})
  }
}
