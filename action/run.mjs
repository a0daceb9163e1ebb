// Runs the evaluation with the inputs of the action. Its exit code becomes an output: the last step of the action fails
// the job by it, after everything is published.
import {spawn} from 'node:child_process'
import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {delimiter, join, resolve} from 'node:path'
import {pathToFileURL} from 'node:url'
import {output} from './github.mjs'

/** Words of an input as a shell splits them, without anything else that a shell does. Throws on an open quote. */
export function wordsOf(text) {
  const words = []
  let word = null
  let quote = ''
  for (const letter of text) {
    if (quote !== '') {
      if (letter === quote) quote = ''
      else word += letter
    } else if (letter === '"' || letter === "'") {
      quote = letter
      word ??= ''
    } else if (/\s/.test(letter)) {
      if (word !== null) words.push(word)
      word = null
    } else word = (word ?? '') + letter
  }
  if (quote !== '') throw new Error(`The input "args" has an open ${quote}.`)
  return word === null ? words : [...words, word]
}

/** The arguments of `lantern-eval run`. */
export function argumentsOf(env, folder) {
  const value = name => (env[`LANTERN_${name}`] ?? '').trim()
  const flag = (name, text) => (text === '' ? [] : [`--${name}`, text])
  const baseline = value('BASELINE_RUN')
  const arm = value('BASELINE_ARM')
  const gate =
    baseline === ''
      ? []
      : [
          ...flag('baseline', arm === '' ? baseline : `${baseline}#${arm}`),
          ...flag('fail-on', value('FAIL_ON') === 'nothing' ? '' : value('FAIL_ON')),
          ...flag('margin', value('MARGIN')),
          ...flag('on-inconclusive', value('ON_INCONCLUSIVE')),
        ]
  const formats = [
    'markdown=table.md',
    'json=result.json',
    'annotations=annotations.txt',
    'junit=junit.xml',
    'badge=badge.json',
    'svg=figures',
  ]
  return [
    'run',
    ...flag('bench', value('BENCH')),
    ...value('MODEL')
      .split('\n')
      .map(one => one.trim())
      .filter(Boolean)
      .flatMap(one => ['--model', one]),
    ...flag('mode', value('MODE')),
    ...flag('base-url', value('BASE_URL')),
    ...flag('out', join(folder, 'run')),
    ...gate,
    ...formats.flatMap(format => {
      const [name, file] = format.split('=')
      return ['--format', `${name}=${join(folder, file)}`]
    }),
    ...wordsOf(value('ARGS')),
  ]
}

/**
 * Removes what an earlier run of the workflow left in the folder of a runner that keeps its files: its answers are
 * those of another model under the same name. A second attempt of the same run goes on where the first one ended.
 */
export function clearEarlier(folder, env) {
  const mark = join(folder, 'workflow-run.txt')
  const own = `${env.GITHUB_REPOSITORY ?? ''} ${env.GITHUB_RUN_ID ?? ''}\n`
  const before = existsSync(mark) ? readFileSync(mark, 'utf8') : null
  // Only what is ours: `out` may name a folder with other files.
  const run = join(folder, 'run')
  if (before !== own && existsSync(join(run, 'lock.json'))) rmSync(run, {recursive: true})
  for (const file of ['table.md', 'result.json', 'annotations.txt', 'junit.xml', 'badge.json'])
    rmSync(join(folder, file), {force: true})
  writeFileSync(mark, own)
}

/** What starts lantern-eval. On Windows npm installs a batch file, which only a shell can start: its script is. */
export function commandOf(env, platform = process.platform) {
  const given = wordsOf(env.LANTERN_COMMAND ?? '')
  if (given.length > 0) return given
  const place =
    platform === 'win32' &&
    (env.PATH ?? env.Path ?? '').split(delimiter).find(one => existsSync(join(one, 'lantern-eval.cmd')))
  return place ? [process.execPath, join(place, 'node_modules', 'lantern-eval', 'bin', 'run.js')] : ['lantern-eval']
}

/** Sets the outputs `exit-code` and `folder`. The step itself succeeds. */
export async function main(env = process.env) {
  const folder = resolve(env.LANTERN_OUT || 'lantern-eval')
  mkdirSync(folder, {recursive: true})
  clearEarlier(folder, env)
  output('folder', folder, env)
  const [command, ...first] = commandOf(env)
  // An empty input must not hide a key that the job has in its environment.
  const {LANTERN_API_KEY: key = '', ...own} = env
  const given = key === '' ? own : {...own, OPENAI_API_KEY: key}
  const child = spawn(command, [...first, ...argumentsOf(env, folder)], {env: given, stdio: 'inherit', shell: false})
  const code = await new Promise((done, fail) => {
    child.once('error', fail)
    child.once('exit', (status, signal) => done(status ?? (signal === null ? 1 : 130)))
  })
  output('exit-code', String(code), env)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
