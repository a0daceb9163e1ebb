// What `sweep script` prints: a manifest that Kubernetes' own schema accepts, and a batch script that bash runs,
// whatever the folder is called.
import {spawnSync} from 'node:child_process'
import {chmod, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {Ajv} from 'ajv'
import {parse} from 'yaml'
import type {Sweep, Unit} from '../../evaluation/sweep/plan.js'
import type {scriptSettings} from '../settings/commands.js'
import type {Values} from '../settings/setting.js'
import {kubernetesScript, slurmArray} from './script.js'

type Flags = Values<typeof scriptSettings>

const hostile = `/shared/it's "50% off" #1 \\ $(NAME)`
const hostileToSlurm = hostile.replace('\\ ', '')
const none = {slurm: false, k8s: false, cpus: 4} as Flags
const inPods = {...none, k8s: true, image: 'registry/lantern-eval:1', volume: {claim: 'shared', path: '/shared'}}

function sweepOf(units: number, {dir = '/shared/one', settings = {}, folder = '/shared'} = {}): Sweep {
  const unit: Unit = {index: 0, model: 'm', bench: 'hops', shard: '1/1', run: 'r'}
  const plan = {schema: 1 as const, hash: '', folder, settings, units, unitsSha256: ''}
  return {dir, plan, units: Array.from({length: units}, (_, index) => ({...unit, index}))}
}

/** Runs a batch script as Slurm does, with a `lantern-eval` that says how it was called. */
async function runScript(script: string, task: number, worker = 'for word in "$@"; do echo "[$word]"; done') {
  const bin = await mkdtemp(join(tmpdir(), 'slurm-'))
  try {
    await writeFile(join(bin, 'lantern-eval'), `#!/bin/bash\n${worker}\n`)
    await chmod(join(bin, 'lantern-eval'), 0o755)
    await writeFile(join(bin, 'script'), script)
    const env = {PATH: `${bin}:${process.env['PATH']}`, SLURM_ARRAY_TASK_ID: `${task}`}
    const checked = spawnSync('bash', ['-n', join(bin, 'script')], {env, encoding: 'utf8'})
    const {status, stdout} = spawnSync('bash', [join(bin, 'script')], {env, encoding: 'utf8', timeout: 30_000})
    return {syntax: checked.stderr, status, stdout}
  } finally {
    await rm(bin, {recursive: true})
  }
}

const directives = (script: string) => script.split('\n').filter(line => line.startsWith('#SBATCH '))

describe('for Slurm', () => {
  test('each task runs the unit of its index', async () => {
    const script = slurmArray(sweepOf(12, {dir: hostileToSlurm}), {...none, workers: 3})
    expect(await runScript(script, 7)).toEqual({
      ...{syntax: '', status: 0},
      stdout: ['sweep', 'work', hostileToSlurm, '--index', '7'].map(word => `[${word}]\n`).join(''),
    })
    expect(directives(script)).toContain('#SBATCH --array=0-11%3')
    const logs = `/shared/it's \\"50%% off\\" #1 $(NAME)/logs/%A_%a.log`
    expect(directives(script)).toContain(`#SBATCH --output="${logs}"`)
  })

  test('a path in which Slurm would leave the number of the task out of the log is refused', () => {
    expect(() => slurmArray(sweepOf(1, {dir: '/shared/a\\b'}), none)).toThrow('has a backslash')
  })

  test('what the flags say stands in it, each in a line that Slurm reads as one option', () => {
    const script = slurmArray(sweepOf(2, {settings: {device: 'cuda'}}), {
      ...{...none, cpus: 8, memory: '32G', time: '1-12', partition: 'gpu'},
      ...{sbatch: ['--account=lab', '--comment=two words'], setup: ['module load nodejs']},
    })
    expect(directives(script)).toEqual([
      '#SBATCH --job-name=one',
      '#SBATCH --array=0-1',
      '#SBATCH --output=/shared/one/logs/%A_%a.log',
      '#SBATCH --open-mode=append',
      '#SBATCH --requeue',
      '#SBATCH --signal=B:TERM@120',
      '#SBATCH --ntasks=1',
      '#SBATCH --cpus-per-task=8',
      '#SBATCH --mem=32G',
      '#SBATCH --time=1-12',
      '#SBATCH --partition=gpu',
      '#SBATCH --gres=gpu:1',
      '#SBATCH --account=lab',
      '#SBATCH --comment="two words"',
    ])
    expect(script).toContain('\nmodule load nodejs\n')
    expect(slurmArray(sweepOf(2), none)).not.toContain('gpu')
    expect(slurmArray(sweepOf(2), {...none, gpu: true})).toContain('--gres=gpu:1')
  })

  test('a task runs several units where an array cannot have as many tasks', async () => {
    const script = slurmArray(sweepOf(2500, {dir: hostileToSlurm}), none)
    expect(directives(script)).toContain('#SBATCH --array=0-833')
    const indices = (stdout: string) => [...stdout.matchAll(/^\[(\d+)\]$/gm)].map(([, index]) => Number(index))
    expect(indices((await runScript(script, 1)).stdout)).toEqual([3, 4, 5])
    expect(indices((await runScript(script, 833)).stdout)).toEqual([2499])
    // One that fails does not keep the others from their turn.
    const failing = await runScript(script, 0, 'echo "[$5]"; [ "$5" != 1 ] || exit 4')
    expect(failing).toMatchObject({status: 4, stdout: '[0]\n[1]\n[2]\n'})
    // A worker that is told to stop ends the task, once it has given its unit back.
    const stopping =
      'echo "[$5]"; trap "echo given back; exit 130" TERM; kill -TERM $PPID; while :; do sleep 0.05; done'
    expect(await runScript(script, 0, stopping)).toMatchObject({status: 130, stdout: '[0]\ngiven back\n'})
  })
})

describe('for Kubernetes', () => {
  const schema = fileURLToPath(new URL('../../../test/support/kubernetes/job.schema.json', import.meta.url))
  const validated = async (text: string) => {
    const validate = new Ajv({strict: false, allErrors: true}).compile(JSON.parse(await readFile(schema, 'utf8')))
    const manifest = parse(text)
    validate(manifest)
    return {manifest, errors: validate.errors ?? []}
  }

  test('the manifest is one that Kubernetes knows', async () => {
    for (const flags of [inPods, {...inPods, gpu: true, memory: '32G', workers: 2, namespace: 'lab'}]) {
      const {manifest, errors} = await validated(await kubernetesScript(sweepOf(12, {dir: hostile}), flags))
      expect(errors).toEqual([])
      expect(manifest.spec).toMatchObject({completionMode: 'Indexed', completions: 12})
    }
  })

  test('the schema would refuse a field that does not exist, or a text for a number', async () => {
    const text = await kubernetesScript(sweepOf(1), inPods)
    const refused = async (from: string, to: string) => (await validated(text.replace(from, to))).errors.length > 0
    expect(await refused('completionMode:', 'completionmode:')).toBe(true)
    expect(await refused('completions: 1', 'completions: "1"')).toBe(true)
    expect(await refused('claimName:', 'claim:')).toBe(true)
  })

  test('a pod runs the unit of its index, with one GPU where the sweep asks for one', async () => {
    const settings = {device: 'cuda'}
    const flags = {...inPods, workers: 5, memory: '32G', namespace: 'lab'}
    const {manifest} = await validated(await kubernetesScript(sweepOf(12, {dir: hostile, settings}), flags))
    expect(manifest.metadata).toMatchObject({name: 'sweep-it-s-50-off-1-name', namespace: 'lab'})
    expect(manifest.spec).toMatchObject({parallelism: 5, backoffLimitPerIndex: 3})
    const {containers, volumes, restartPolicy} = manifest.spec.template.spec
    expect(restartPolicy).toBe('Never')
    expect(volumes).toEqual([{name: 'shared', persistentVolumeClaim: {claimName: 'shared'}}])
    const command = [
      'lantern-eval',
      'sweep',
      'work',
      hostile.replace('$(', '$$$$('),
      '--index',
      '$(JOB_COMPLETION_INDEX)',
    ]
    expect(containers).toMatchObject([
      {
        ...{image: 'registry/lantern-eval:1', command, volumeMounts: [{name: 'shared', mountPath: '/shared'}]},
        resources: {requests: {cpu: '4', memory: '32Gi'}, limits: {memory: '32Gi', 'nvidia.com/gpu': 1}},
      },
    ])
  })

  test('a sweep that no pod would find, or that has no image, is refused', async () => {
    await expect(kubernetesScript(sweepOf(1, {dir: '/home/me/one'}), inPods)).rejects.toThrow('not under /shared')
    await expect(kubernetesScript(sweepOf(1, {folder: '/home/me'}), inPods)).rejects.toThrow('not under /shared')
    await expect(kubernetesScript(sweepOf(1), {...none, k8s: true})).rejects.toThrow('--k8s needs --image')
    await expect(kubernetesScript(sweepOf(100_001), inPods)).rejects.toThrow('at most 100000')
  })
})
