// The pages of `report` as one file, without pictures: an output of `run`, `leaderboard` and `rescore`.
import {defineExport} from './export.js'

export const html = defineExport({
  name: 'html',
  ending: '.html',
  async write({rows}, path) {
    const {Library} = await import('../pages/library.js')
    const {writePage} = await import('../pages/site.js')
    return writePage(await Library.open([...new Set(rows.map(({run}) => run))]), path)
  },
})
