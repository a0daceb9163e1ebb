// Completion of commands, flags and values, as the scripts of the shells ask for it; in bash the script itself runs.
import {execFile} from 'node:child_process'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {cli, root} from './support/cli.js'
import {arm, lockBenchmark, lockOf, recordsOf, writeRun} from './support/run-folders.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-eval-completion-'))
  const blink = lockBenchmark('blink', {Counting: 2})
  const arms = [arm('openai:m', 'direct'), arm('openai:m', 'text-cot')]
  await mkdir(join(folder, 'results'))
  await mkdir(join(folder, 'my data'))
  await writeFile(join(folder, 'answers.jsonl'), '')
  writeRun(
    join(folder, 'results/blink-m-1'),
    lockOf(arms, [blink]),
    arms.flatMap(one => [...recordsOf(one, blink, () => 'correct')]),
  )
})
afterAll(() => rm(folder, {recursive: true}))

/** All lines of the table are asked in one process, because each start takes a moment. */
async function words(lines: readonly string[]): Promise<string[][]> {
  const script = `
    const {Config} = await import(process.env.ROOT + 'node_modules/@oclif/core/lib/index.js').then(core => core.default ?? core)
    const {candidates} = await import(process.env.ROOT + 'dist/cli/completion/candidates.js')
    const {lineOf} = await import(process.env.ROOT + 'dist/cli/completion/line.js')
    const config = await Config.load(process.env.ROOT)
    const answers = []
    for (const line of JSON.parse(process.env.LINES))
      answers.push((await candidates(lineOf('lantern-eval ' + line), config)).map(({word}) => word))
    console.log(JSON.stringify(answers))
  `
  const env = {...process.env, ROOT: root, LINES: JSON.stringify(lines)}
  const {stdout} = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: folder,
    env,
  })
  return JSON.parse(stdout) as string[][]
}

const table: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ['bench ', ['export', 'init', 'list', 'make', 'pull', 'show', 'verify']],
  ['help lead', ['leaderboard']],
  ['--v', ['--version']],
  ['run --lat', ['--latent-size', '--latents-from', '--latent-dtype']],
  ['run --seed 1 --see', []],
  ['run --mode latent --mod', ['--model', '--mode']],
  ['run --no-c', ['--no-cache', '--no-color']],
  ['run --bench h', ['hops', 'hops-pairs', 'hrbench-4k', 'hrbench-8k']],
  ['run --bench=vs', ['--bench=vstar']],
  ['run --bench blink,v', ['blink,vstar', 'blink,viscot', 'blink,visualpuzzles']],
  ['run --bench hops:hops-', ['hops:hops-0', 'hops:hops-1', 'hops:hops-2', 'hops:hops-3', 'hops:hops-4']],
  ['run --mode ', ['direct', 'text-cot', 'latent', 'crop']],
  ['run --intervention own,z', ['own,zeros']],
  ['run --extractor vlm', ['vlmevalkit_exact', 'vlmevalkit_verbose', 'vlmevalkit_letter_only']],
  ['run --recipe vlmevalkit-', ['vlmevalkit-one-picture']],
  ['run --protocol las', ['laser', 'laser-steps']],
  ['run --model builtin:nano-t', ['builtin:nano-text']],
  ['run --model mine=builtin:nano-t', ['mine=builtin:nano-text']],
  ['run --model replay:ans', ['replay:answers.jsonl']],
  ['run --bench vstar --split ', ['test']],
  ['run --data blink=my', ['blink=my data/']],
  ['run --format ju', ['junit=']],
  ['run --baseline ', ['results/blink-m-1']],
  ['run --concurrency ', []],
  ['inspect ', ['results/blink-m-1']],
  ['inspect nowhere#', []],
  ['compare results/blink-m-1#', ['results/blink-m-1#direct', 'results/blink-m-1#text-cot']],
  ['inspect results/blink-m-1 --arm ', ['direct', 'text-cot']],
  ['inspect results/blink-m-1 --outcome un', ['unanswered', 'unscored']],
  ['inspect results/blink-m-1 --subtask Cou', ['Counting']],
  ['bench make hops --subtask at', ['attr']],
  ['bench pull blink vs', ['vstar']],
  ['recipe show lv', ['lvr', 'lvr-7b']],
  ['model show builtin:nano-d', ['builtin:nano-direct', 'builtin:nano-drift']],
  ['autocomplete ', ['bash', 'zsh', 'fish']],
  ['nonsense ', []],
]

it('offers what can stand at the cursor', async () => {
  const offered = await words(table.map(([line]) => line))
  expect(table.map(([line], at) => [line, offered[at]])).toEqual(table)
})

it('the hidden command answers with a word and what it is about on each line, and never complains', async () => {
  const complete = (...args: string[]) => cli(['complete', ...args], {cwd: folder})
  expect(await complete('fish', '--', 'lantern-eval bench mak')).toMatchObject({
    stdout: expect.stringMatching(/^make\tDraw /),
    ...{stderr: '', code: 0},
  })
  for (const args of [[], ['tcsh', '--', 'x'], ['zsh', '--', 'lantern-eval nonsense "']])
    expect(await complete(...args)).toMatchObject({stdout: '', stderr: '', code: 0})
})

/** What bash would put in place of the word: its own breaks at `:` and `=` are in the line as bash has them. */
async function inBash(line: string): Promise<string[]> {
  const script = `
    lantern-eval() { "$NODE" "$ROOT/bin/run.js" "$@"; }
    source <(lantern-eval autocomplete bash)
    COMP_WORDS=(lantern-eval) COMP_LINE="$LINE" COMP_POINT=\${#LINE}
    _lantern_eval
    printf '%s\\n' "\${COMPREPLY[@]}"
  `
  const env = {...process.env, NODE: process.execPath, ROOT: root, LINE: line}
  const {stdout} = await promisify(execFile)('bash', ['-c', script], {cwd: folder, env})
  return stdout.split('\n').slice(0, -1)
}

it('bash gets what follows its own word breaks, with a blank behind finished words', async () => {
  expect(await inBash('lantern-eval run --mode ')).toEqual(['direct ', 'text-cot ', 'latent ', 'crop '])
  expect(await inBash('lantern-eval run --bench blink:Ji')).toEqual(['Jigsaw '])
  expect(await inBash('lantern-eval run --bench=vs')).toEqual(['vstar '])
  expect(await inBash('lantern-eval run --data my')).toEqual(['my\\ data/'])
  expect(await inBash("lantern-eval run --data 'my")).toEqual(['my data/'])
})

it('autocomplete without a shell says how to switch it on in each', async () => {
  const {stdout, code} = await cli(['autocomplete'])
  expect(code).toBe(0)
  for (const shell of ['bash', 'zsh', 'fish']) expect(stdout).toContain(`lantern-eval autocomplete ${shell}`)
})
