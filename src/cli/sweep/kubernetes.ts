// A sweep as an Indexed Job of Kubernetes: the manifest, as data. Pure: nothing is written or submitted.
// https://kubernetes.io/docs/concepts/workloads/controllers/job/ says what the fields do.
import {basename} from 'node:path'
import type {Resources} from './slurm.js'

export interface KubernetesJob extends Resources {
  /** Absolute path of the sweep, in the pods too. */
  readonly dir: string
  readonly units: number
  /** At most so many pods at once. */
  readonly workers: number
  readonly image: string
  readonly namespace: string | null
  /** The claim of the shared volume, and where it is mounted. */
  readonly volume: {readonly claim: string; readonly path: string}
}

/** The most completions of an Indexed Job with a limit for each index (batch/v1, `completions`). */
export const mostCompletions = 100_000

/** A unit is tried again so often, on another node if there is one. */
const retries = 3

/** The manifest. A pod runs the unit of its index; what it had finished is on the volume when it is tried again. */
export function kubernetesJob(job: KubernetesJob): object {
  const memory = job.memory === null ? {} : {memory: `${job.memory}i`}
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `sweep-${nameOf(basename(job.dir))}`,
      ...(job.namespace !== null && {namespace: job.namespace}),
      labels: {'app.kubernetes.io/name': 'lantern-eval'},
    },
    spec: {
      completionMode: 'Indexed',
      completions: job.units,
      parallelism: Math.min(job.workers, job.units),
      backoffLimitPerIndex: retries,
      podFailurePolicy: {
        rules: [
          // A node that was drained or taken away is nobody's fault.
          {action: 'Ignore', onPodConditions: [{type: 'DisruptionTarget', status: 'True'}]},
          // Another plan or an edited one: it will be so the next time.
          {action: 'FailIndex', onExitCodes: {containerName: 'worker', operator: 'In', values: [5]}},
        ],
      },
      template: {
        metadata: {labels: {'app.kubernetes.io/name': 'lantern-eval'}},
        spec: {
          restartPolicy: 'Never',
          // The worker gives its unit back before it is killed.
          terminationGracePeriodSeconds: 120,
          containers: [
            {
              name: 'worker',
              image: job.image,
              command: ['lantern-eval', 'sweep', 'work', literal(job.dir), '--index', '$(JOB_COMPLETION_INDEX)'],
              resources: {
                requests: {cpu: `${job.cpus}`, ...memory},
                limits: {...memory, ...(job.gpu && {'nvidia.com/gpu': 1})},
              },
              volumeMounts: [{name: 'shared', mountPath: job.volume.path}],
            },
          ],
          volumes: [{name: 'shared', persistentVolumeClaim: {claimName: job.volume.claim}}],
        },
      },
    },
  }
}

/** A name of an object: lower-case letters, digits and hyphens, short enough for those of its pods. */
function nameOf(text: string): string {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, '')
  return name === '' ? 'plan' : name
}

/** Text that Kubernetes leaves as it is: `$(NAME)` stands for a variable, `$$(NAME)` for itself. */
function literal(text: string): string {
  return text.replaceAll('$(', () => '$$(')
}
