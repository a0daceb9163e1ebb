// `bench pull`: fetches official data. Parses flags; the work is in benchmarks/pull.ts.
import {Args} from '@oclif/core'
import {benchmarkIds, loadBenchmark} from '../../benchmarks/index.js'
import {type Pulled, pullBenchmark} from '../../benchmarks/pull.js'
import {BaseCommand} from '../../cli/base-command.js'
import {size} from '../../cli/byte-progress.js'
import {downloadProgress} from '../../cli/download-progress.js'
import {openedBenchmark} from '../../cli/own-benchmarks.js'
import {flagsOf} from '../../cli/settings/flags.js'
import {pick, settings} from '../../cli/settings/index.js'
import {cacheDir} from '../../hub/cache-dir.js'

export default class BenchPull extends BaseCommand<typeof BenchPull> {
  static override summary = 'Fetch the official data of benchmarks, at a pinned revision.'
  static override description =
    'Data of the Hugging Face hub go to its own cache, so nothing is stored twice; HF_HOME, HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE, HTTPS_PROXY and NO_PROXY apply. ' +
    'An interrupted download resumes; every file is checked against its hash, and none is used before it is complete.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> blink',
    '<%= config.bin %> <%= command.id %> blink --split test',
  ]
  static override strict = false
  static override args = {
    bench: Args.string({description: `Any number of ${benchmarkIds().join(', ')}.`, required: true}),
  }
  static override flags = flagsOf(pick(settings, 'split'))

  async run() {
    const interrupt = new AbortController()
    const onSignal = () => interrupt.abort()
    process.once('SIGINT', onSignal)
    const {split} = this.flags
    const pulled: Pulled[] = []
    try {
      for (const named of this.operands) {
        const id = await openedBenchmark(named)
        const benchmark = await loadBenchmark(id)
        const result = await pullBenchmark(benchmark, {
          cacheDir: cacheDir(process.env),
          env: process.env,
          signal: interrupt.signal,
          notify: downloadProgress(process.stderr, id),
          ...(split === undefined ? {} : {split}),
        })
        pulled.push(result)
        this.log(`${id} ${result.split}: ${result.files} files, ${size(result.bytes)}, in ${result.folder}`)
        this.log(`  revision ${result.revision}, licence ${result.licence}`)
        if (result.note !== null) this.log(`  ${result.note}`)
      }
    } finally {
      process.off('SIGINT', onSignal)
    }
    return {pulled, exitCode: 0, verdict: 'done'}
  }
}
