// Runs the evaluation with the inputs of the action. Its exit code becomes an output: the last step of the action fails
// the job by it, after everything is published.
import {spawn} from 'node:child_process'
import {mkdirSync} from 'node:fs'
import {join, resolve} from 'node:path'
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

/** Sets the outputs `exit-code` and `folder`. The step itself succeeds. */
export async function main(env = process.env) {
  const folder = resolve(env.LANTERN_OUT || 'lantern-eval')
  mkdirSync(folder, {recursive: true})
  output('folder', folder, env)
  const [command, ...first] = wordsOf(env.LANTERN_COMMAND || 'lantern-eval')
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
