// The arms of a run: models x modes, and for latent arms x interventions; for others x controls of the picture. Pure.
import type {Benchmark} from '../benchmarks/benchmark.js'
import {LanternError} from '../core/errors.js'
import {type Arm, armId, type Mode} from '../core/generation.js'
import type {PromptForm} from '../core/prompt-form.js'
import {changesPicture, takesOwnSteps, tryIntervention} from '../modes/interventions.js'
import {protocolNamed} from '../modes/protocols.js'
import type {ModelIdentity} from '../runners/runner.js'

export interface ArmChoices {
  readonly modes?: readonly Mode[]
  readonly protocol?: string
  readonly latentSizes?: readonly number[]
  readonly interventions: readonly string[]
}

/**
 * The arms of one model: modes, and for latent arms K x interventions. Other modes have a plain arm, and one for each
 * intervention that changes the picture; text chains of thought one with the decode steps of own too. The default mode
 * is `latent` for a checkpoint with latent ids, else `direct`; protocol and K default to what the checkpoint says.
 * Throws `usage` for a protocol that does not exist, and for the steps of own where there is not one own arm,
 * `bad-config` for an intervention that always fails, `unsupported` for one that cannot be run and for an intervention
 * on a model whose latents cannot be reached.
 */
export function armsOf(identity: ModelIdentity, choices: ArmChoices): Arm[] {
  if (choices.protocol !== undefined) protocolNamed(choices.protocol)
  const modes = choices.modes ?? [identity.latent ? 'latent' : 'direct']
  const sizes = choices.latentSizes ?? [identity.latent?.size ?? null]
  if (choices.interventions.some(takesOwnSteps)) assertOwnSteps(modes, sizes, choices.interventions)
  return modes.flatMap((mode): Arm[] => {
    const plain = {model: identity.ref, mode, protocol: null, latentSize: null, intervention: null}
    if (mode !== 'latent')
      return [...new Set(choices.interventions.map(name => beyondLatents(name, mode)))].map(intervention => {
        if (intervention !== null && changesPicture(intervention)) assertPictures(identity, intervention, mode)
        const arm = {...plain, intervention}
        return {...arm, id: armId(arm)}
      })
    const ofLatents = choices.interventions.filter(name => !takesOwnSteps(name))
    const latents = sizes.flatMap(latentSize => ofLatents.map(intervention => ({latentSize, intervention})))
    return latents.map(({latentSize, intervention}) => {
      if (changesPicture(intervention)) assertPictures(identity, intervention, mode)
      else if (intervention !== 'own' && !identity.observesLatents) {
        throw new LanternError(
          'unsupported',
          `The intervention "${intervention}" needs the latents of ${identity.ref}, which are out of reach.`,
          'Interventions need a local checkpoint (--model DIR), or one that `lantern-eval serve` offers (--observe-latents).',
        )
      }
      tryIntervention(intervention)
      const arm = {
        model: identity.ref,
        mode,
        protocol: choices.protocol ?? identity.latent?.protocol ?? null,
        latentSize,
        intervention,
      }
      return {...arm, id: armId(arm)}
    })
  })
}

/** The intervention that an arm of another mode has of this one, if any. */
function beyondLatents(name: string, mode: Mode): string | null {
  return changesPicture(name) || (mode === 'text-cot' && takesOwnSteps(name)) ? name : null
}

function assertOwnSteps(modes: readonly Mode[], sizes: readonly unknown[], interventions: readonly string[]): void {
  if (modes.includes('latent') && modes.includes('text-cot') && sizes.length === 1 && interventions.includes('own'))
    return
  throw new LanternError(
    'usage',
    'A text chain of thought with the steps of own needs both in one run, with one K.',
    'Give --mode latent,text-cot --intervention own,same-steps, and at most one --latent-size.',
  )
}

function assertPictures({ref, needsImages}: ModelIdentity, intervention: string, mode: Mode): void {
  if (needsImages && mode !== 'crop') return
  const why = needsImages ? `which the mode ${mode} cuts itself` : `but the answers of ${ref} are saved ones`
  throw new LanternError(
    'unsupported',
    `The intervention "${intervention}" shows another picture, ${why}.`,
    'Leave it out, or run it in another mode on a model that sees the pictures.',
  )
}

/** New tokens where neither a flag nor the benchmark says otherwise (design/contract.md, "Flags of run"). */
const defaultMaxNewTokens: Readonly<Record<Mode, number>> = {
  direct: 16,
  'text-cot': 1024,
  latent: 512,
  crop: 128,
}

/** Limit of new tokens of an answer: what was asked for, else what the style, the benchmark or the default says. */
export function maxNewTokensOf(
  {maxNewTokens}: Pick<Benchmark, 'maxNewTokens'>,
  form: Pick<PromptForm, 'maxNewTokens'>,
  mode: Mode,
  asked: number | undefined,
): number {
  return asked ?? form.maxNewTokens?.[mode] ?? maxNewTokens?.[mode] ?? defaultMaxNewTokens[mode]
}
