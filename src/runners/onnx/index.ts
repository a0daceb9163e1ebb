// Local checkpoints: a folder, a repository of the hub, or a model that ships with the package.
import type {FolderOptions} from '../hub-checkpoint.js'
import {defineRunner} from '../runner.js'
import {adapterFolder, checkpointFolder, isCheckpointRef} from './checkpoint-folder.js'
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
    const fetching = (what: string): FolderOptions => ({
      env,
      notify(event) {
        if (event.type === 'progress') notify({type: 'loading', what, done: event.done, total: event.total})
        else if (event.type === 'retry')
          notify({type: 'warning', message: `${event.file}: ${event.reason}; trying again.`})
      },
    })
    const folder = await checkpointFolder(ref, fetching(ref))
    const {adapter: named, ...local} = options.local
    const adapter = named === undefined ? undefined : await adapterFolder(named, fetching(named))
    const {openSession} = await import('./session.js')
    return openSession(ref, folder, {...options, local: {...local, ...(adapter !== undefined && {adapter})}})
  },
})
