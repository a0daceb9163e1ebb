// The register of runners. A new built-in one is a file (or folder) beside this one and a line here.
import {closest} from '../core/closest.js'
import {LanternError} from '../core/errors.js'
import {Register} from '../core/register.js'
import {checkedSession} from './checked-session.js'
import {builtinNames} from './onnx/checkpoint-folder.js'
import {type LocalOptions, onnxRunner} from './onnx/index.js'
import {type RemoteOptions, remoteRunner} from './remote/index.js'
import {replayRunner} from './replay.js'
import {type CommonOptions, defineRunner, type ModelReference, type Runner, type Session} from './runner.js'

/** The options of all runners; each reads the common ones and its own. */
export interface RunnerOptions {
  readonly common: CommonOptions
  readonly local: LocalOptions
  readonly remote: RemoteOptions
}

const register = new Register<Runner<RunnerOptions>>('runner', [remoteRunner, replayRunner, onnxRunner])

/**
 * Adds a runner, which is given the common options and no others. Its sessions are checked. References that another
 * runner serves stay with that one. Throws `bad-config` for one that is not whole, and for a name that is taken.
 */
export function registerRunner(runner: Runner): void {
  const {name, part} = defineRunner(runner)
  register.add(
    defineRunner<RunnerOptions>({
      ...{name, references: part.references},
      accepts: ref => part.accepts(ref),
      open: async (ref, {common}) => checkedSession(name, await part.open(ref, {common})),
    }),
  )
}

/** All registered forms of a model reference, for help texts and errors. */
export function modelReferences(): readonly ModelReference[] {
  return register.parts().flatMap(({references}) => references)
}

/** The runner that serves a reference: the first that accepts it; undefined when none does. */
export function runnerFor(ref: string): Runner<RunnerOptions> | undefined {
  return register.parts().find(runner => runner.accepts(ref))
}

/**
 * Opens a session for a model reference.
 * Throws LanternError `usage` when no runner serves it, or what the runner itself throws.
 */
export async function openRunner(ref: string, options: RunnerOptions): Promise<Session> {
  return servedBy(ref).open(ref, options)
}

/** The runner of a reference. Throws LanternError `usage` with the nearest form when no runner serves it. */
export function servedBy(ref: string): Runner<RunnerOptions> {
  const runner = runnerFor(ref)
  if (runner !== undefined) return runner
  throw new LanternError(
    'usage',
    `No runner serves the model reference ${ref}.`,
    `${nearReference(ref)}Use ${modelReferences()
      .map(({form, meaning}) => `${form} (${meaning})`)
      .join(', ')}.`,
  )
}

/** The reference nearest to a misspelt one: `opnai:x` is offered `openai:x`, `nano-text` is `builtin:nano-text`. */
function nearReference(ref: string): string {
  const [scheme = '', ...rest] = ref.split(':')
  const schemes = modelReferences().flatMap(({form}) => (form.includes(':') ? form.split(':')[0]! : []))
  const near =
    rest.length === 0
      ? closest(
          `builtin:${ref}`,
          builtinNames().map(name => `builtin:${name}`),
        )
      : closest(scheme, schemes)?.concat(':', rest.join(':'))
  return near === undefined ? '' : `Did you mean ${near}? `
}
