// A local checkpoint as an OpenAI-compatible endpoint.
import {BaseCommand} from '../cli/base-command.js'
import {ownMeanings} from '../cli/settings/commands.js'
import {flagsOf} from '../cli/settings/flags.js'
import {pick, settings} from '../cli/settings/index.js'
import {LanternError} from '../core/errors.js'
import {cacheDir} from '../hub/cache-dir.js'
import {isCheckpointRef} from '../runners/onnx/checkpoint-folder.js'

const local = pick(settings, 'device', 'precision', 'weights', 'threads', 'batch-size', 'adapter')

export default class Serve extends BaseCommand<typeof Serve> {
  static override summary = 'Serve a local checkpoint as OpenAI chat completions, with its latents.'
  static override description =
    'Pictures come as data URIs; nothing is fetched. Requests join and leave a running batch. A full queue answers 429. Ctrl-C finishes what runs. `run --observe-latents` evaluates it as a local checkpoint.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --model builtin:nano-latent',
    '<%= config.bin %> <%= command.id %> --model ./LanteRn-3B-SFT --port 8080 --batch-size 16',
    'SERVE_KEY=secret <%= config.bin %> <%= command.id %> --model hub:owner/name --host 0.0.0.0 --api-key-env SERVE_KEY',
  ]
  static override flags = flagsOf({
    model: ownMeanings.serveModel,
    host: ownMeanings.serveHost,
    port: ownMeanings.servePort,
    'api-key-env': ownMeanings.serveKey,
    ...local,
  })

  async run(): Promise<unknown> {
    const {model, host, port, 'api-key-env': variable, device, precision, weights, threads, adapter} = this.flags
    if (!isCheckpointRef(model))
      throw new LanternError(
        'usage',
        `${model} is not a local checkpoint.`,
        'Give a folder, hub:owner/name or builtin:NAME.',
      )
    const key = variable === undefined ? undefined : process.env[variable]
    if (variable !== undefined && (key === undefined || key === ''))
      throw new LanternError('usage', `The variable ${variable} holds no key.`, 'Set it, or leave out --api-key-env.')
    if (key === undefined && !['127.0.0.1', '::1', 'localhost'].includes(host))
      this.tell('warn', `${host} can be reached from other machines, and no key is asked for; give --api-key-env.`)
    const {openRunner} = await import('../runners/index.js')
    const {serveModel} = await import('../serve/server.js')
    const session = await openRunner(model, {
      common: {
        seed: 0,
        benchmarks: [],
        keepLatents: true,
        env: process.env,
        cacheDir: cacheDir(process.env),
        notify: event => {
          if (event.type === 'warning' || event.type === 'note') this.tell('warn', event.message)
        },
      },
      local: {device, precision, weights, threads, adapter, batchSize: this.flags['batch-size'], joins: true},
      remote: {baseUrls: {}, concurrency: 1, timeoutMs: 1, maxRetries: 0, cache: false},
    })
    const signal = this.interruption()
    const served = await serveModel(session, {host, port, ...(key !== undefined && {key})})
    signal.addEventListener('abort', () => {
      void served.close().then(() => session.close())
    })
    this.log(`${served.url}\n${model}; Ctrl-C ends it.`)
    // The server keeps the process alive until it is closed.
    return {url: served.url, model, exitCode: 0, verdict: 'done'}
  }
}
