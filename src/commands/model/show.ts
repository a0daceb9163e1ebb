// `model show`: what a checkpoint is, what it needs, and (with --probe) how far its latents can be trusted.
import {Args} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.js'
import {type Bytes, byteProgress} from '../../cli/byte-progress.js'
import {downloadProgress} from '../../cli/download-progress.js'
import {flagsOf} from '../../cli/settings/flags.js'
import {pick, settings} from '../../cli/settings/index.js'
import {terminal} from '../../cli/terminal.js'
import {LanternError} from '../../core/errors.js'
import {cacheDir} from '../../hub/cache-dir.js'
import {labelled} from '../../reports/formats/layout.js'
import {openCheckpoint} from '../../runners/onnx/checkpoint/checkpoint.js'
import {describeCheckpoint} from '../../runners/onnx/checkpoint/describe.js'
import {isCheckpointRef} from '../../runners/onnx/checkpoint-folder.js'
import {probe} from '../../runners/onnx/model/probe.js'
import {remoteScheme} from '../../runners/remote/endpoint.js'
import {fetchFactor} from '../../runners/smart-resize.js'

export default class ModelShow extends BaseCommand<typeof ModelShow> {
  static override summary = 'A checkpoint or an endpoint: architecture, size, latent tokens, image limits.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> ./LanteRn-3B-SFT',
    '<%= config.bin %> <%= command.id %> hub:owner/name --json',
    '<%= config.bin %> <%= command.id %> builtin:nano-latent --probe',
  ]
  static override args = {
    ref: Args.string({description: 'DIR, hub:owner/name[@rev], builtin:NAME or openai:NAME.', required: true}),
  }
  static override flags = flagsOf(pick(settings, 'probe', 'adapter', 'threads', 'base-url', 'api-key-env', 'header'))

  private async endpoint(ref: string) {
    const {describeEndpoint} = await import('../../runners/remote/describe.js')
    const options = {
      baseUrls: this.flags['base-url'] ?? {},
      headers: this.flags.header,
      apiKeyEnv: this.flags['api-key-env'],
      env: process.env,
    }
    const shown = await describeEndpoint(ref, options)
    const {endpoint, served, models} = shown
    this.log(`${ref}  ${endpoint.url}`)
    this.log(
      served === null
        ? 'models    the endpoint lists none'
        : `models    ${served ? 'serves it' : `does not list it; it lists ${models.slice(0, 10).join(', ')}`}`,
    )
    this.log('latents   not observable through an endpoint')
    return shown
  }

  async run() {
    const {ref} = this.args
    if (ref.startsWith(remoteScheme)) return this.endpoint(ref)
    if (!isCheckpointRef(ref)) {
      throw new LanternError(
        'usage',
        `${ref} is not a checkpoint.`,
        'Give a folder, hub:owner/name, builtin:NAME or openai:NAME; `model list` shows some.',
      )
    }
    const notify = downloadProgress(process.stderr, ref)
    const shown = await describeCheckpoint(ref, {env: process.env, notify, adapter: this.flags.adapter})
    const {latent, image, recipe} = shown
    const say = (label: string, text: string) => {
      for (const line of labelled(label.padEnd(10), text, terminal().width)) this.log(line)
    }
    const head = labelled(
      '',
      `${ref}\u00a0 ${shown.architectureName}, ${(shown.parameters / 1e6).toFixed(1)} M parameters, ${shown.dtype}, ${shown.shards} file(s)`,
      terminal().width,
    )
    for (const line of head) this.log(line)
    say('folder', shown.folder)
    say('type', `${shown.architecture}, the model_type in config.json`)
    if (shown.adapter !== null) say('adapter', `${shown.adapter}, merged when the model is loaded`)
    const precisions = Object.entries(shown.memoryMbBy).map(([precision, mb]) => `${precision} ${mb} MB`)
    say('memory', precisions.join(', '))
    say(
      'latents',
      latent === null
        ? 'none: the files name no latent tokens'
        : `${latent.protocol}, ${latent.size} per block, ids ${latent.ids.start}, ${latent.ids.pad}, ${latent.ids.end}, by ${latent.recognisedBy}`,
    )
    if (shown.head !== null) say('head', `${shown.head}: latents pass through it before they are fed`)
    say(
      'recipe',
      recipe === null
        ? 'none is known for this checkpoint'
        : `${recipe.name}, by ${recipe.by}; --recipe ${recipe.name} --bench ${recipe.benchmarks.join(' or ')}`,
    )
    say(
      'pictures',
      `${image.minPixels} to ${image.maxPixels} pixels, patch ${image.patch}, ${image.merge} x ${image.merge} patches a token; ${image.tokensPerMegapixel} tokens for 1000 x 1000 pixels`,
    )
    const before =
      image.fetch === 'none'
        ? "once, by the checkpoint's processor"
        : `first by qwen-vl-utils to multiples of ${fetchFactor(image.fetch)} pixels`
    say('resized', `${before}, as the official code does; --picture-fetch changes it`)
    say('decoding', `vocabulary ${shown.vocabulary}, repetition penalty ${shown.repetitionPenalty}`)
    say('providers', shown.providers.join(', '))
    for (const sentence of shown.assumed) say('assumed', sentence)
    if (!this.flags.probe) return shown

    const {threads} = this.flags
    const show = byteProgress(process.stderr)
    const options = {
      device: 'cpu',
      cacheDir: cacheDir(process.env),
      notify: (what: string, bytes?: Bytes) => (bytes ? show(what, bytes) : this.tell('info', what)),
      ...(threads && {threads}),
    }
    const probed = await probe(
      await openCheckpoint(shown.folder, {...(shown.adapter !== null && {adapter: shown.adapter})}),
      ['fp16', 'q8', 'q4'],
      options,
    )
    this.log(
      `\nA change of ${probed.perturbation} in one latent grows ${probed.growthPerStep.toFixed(2)} x per latent, over ${probed.latents} latents.`,
    )
    const [firstBf16, lastBf16] = [probed.bf16Latents[0]!, probed.bf16Latents.at(-1)!].map(d => d.toExponential(1))
    this.log(`Latents rounded to bf16 where they are fed differ by ${firstBf16} at the first, ${lastBf16} at the last.`)
    for (const [precision, {differences, parity}] of Object.entries(probed.precisions)) {
      const [first, last] = [differences[0]!, differences.at(-1)!].map(difference => difference.toExponential(1))
      const same = `${(100 * parity.sameToken).toFixed(0)} % same tokens`
      this.log(
        `${precision.padEnd(5)} latents differ from fp32 by ${first} at the first, ${last} at the last; ${same}, cosine ${parity.hiddenCosine.toFixed(5)}`,
      )
    }
    return {...shown, probe: probed}
  }
}
