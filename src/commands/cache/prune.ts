// `cache prune`: empties our cache. Everything in it can be made or fetched again.
import {BaseCommand} from '../../cli/base-command.js'
import {size} from '../../cli/byte-progress.js'
import {flagsOf} from '../../cli/settings/flags.js'
import {pick, settings} from '../../cli/settings/index.js'
import {cacheDir} from '../../hub/cache-dir.js'
import {type CacheFolder, cacheFolders, pruneCache} from '../../hub/cache-folders.js'

const dayMs = 24 * 60 * 60 * 1000
const names = Object.keys(cacheFolders) as CacheFolder[]

export default class CachePrune extends BaseCommand<typeof CachePrune> {
  static override summary = 'Remove the contents of the cache; all of it can be made or fetched again.'
  static override description =
    'Without --yes it only says what would be removed. The cache of the Hugging Face hub is left alone.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --only responses --older-than 30 --yes',
  ]
  static override flags = flagsOf(pick(settings, 'only', 'older-than'))

  async run() {
    const dir = cacheDir(process.env)
    const {only = names, 'older-than': days, yes} = this.flags
    const before = days === 0 ? Number.POSITIVE_INFINITY : Date.now() - days * dayMs
    const {files, bytes} = await pruneCache(dir, {only, before, dryRun: !yes})
    this.log(`${files} files, ${size(bytes)} ${yes ? 'removed from' : 'would be removed from'} ${dir}`)
    if (!yes) this.log('Add --yes to do it.')
    return {dir, only, files, bytes, removed: yes === true}
  }
}
