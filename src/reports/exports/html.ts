// The static site of `report`, without pictures, as an output of `run` and `leaderboard`.
import {defineExport} from './export.js'

export const html = defineExport({
  name: 'html',
  ending: '',
  async write({rows}, path) {
    const {Library} = await import('../pages/library.js')
    const {writeSite} = await import('../pages/site.js')
    return writeSite(await Library.open([...new Set(rows.map(({run}) => run))]), path, {pictures: false})
  },
})
