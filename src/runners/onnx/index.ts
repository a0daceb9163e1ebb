// Local checkpoints: a folder, a repository of the hub, or a model that ships with the package.
import {defineRunner} from '../runner.js'
import {checkpointFolder, isCheckpointRef} from './checkpoint-folder.js'
import type {OnnxOptions} from './options.js'

export type {LocalOptions} from './options.js'

export const onnxRunner = defineRunner<OnnxOptions>({
  name: 'onnx',
  references: [
    {form: 'DIR', meaning: 'a checkpoint folder with config.json and *.safetensors'},
    {form: 'hub:owner/name[@revision]', meaning: "a checkpoint in the hub's cache, downloaded when absent"},
    {form: 'builtin:NAME', meaning: 'a model that ships with the package'},
  ],
  accepts: isCheckpointRef,
  async open(ref, options) {
    const {env, notify} = options.common
    const folder = await checkpointFolder(ref, {
      env,
      notify(event) {
        if (event.type === 'progress') notify({type: 'loading', what: ref, done: event.done, total: event.total})
        else if (event.type === 'retry')
          notify({type: 'warning', message: `${event.file}: ${event.reason}; trying again.`})
      },
    })
    const {openSession} = await import('./session.js')
    return openSession(ref, folder, options)
  },
})
