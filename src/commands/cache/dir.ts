// `cache dir`: where the caches are, and how large they are.
import chalk from 'chalk'
import {BaseCommand} from '../../cli/base-command.js'
import {size} from '../../cli/byte-progress.js'
import {cacheDir} from '../../hub/cache-dir.js'
import {cacheContents} from '../../hub/cache-folders.js'
import {hubCacheDir} from '../../hub/cache-layout.js'

export default class CacheDir extends BaseCommand<typeof CacheDir> {
  static override summary = 'Where downloads, graphs and responses are, and how large they are.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']

  async run() {
    const dir = cacheDir(process.env)
    const hub = hubCacheDir(process.env)
    const folders = await cacheContents(dir)
    this.log(dir)
    for (const {name, holds, files, bytes} of folders) {
      this.log(
        `  ${name.padEnd(10)} ${size(bytes).padStart(9)}  ${String(files).padStart(6)} files  ${chalk.dim(holds)}`,
      )
    }
    this.log(`${hub}\n  ${chalk.dim("the hub's own cache: data sets and checkpoints; empty it with the hub's tools")}`)
    return {dir, hub, folders, bytes: folders.reduce((sum, {bytes}) => sum + bytes, 0)}
  }
}
