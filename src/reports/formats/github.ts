// The step summary of a GitHub workflow: the Markdown tables under a heading, with subtasks folded. Appended to the
// existing summary.

import {defineFormat} from './format.js'
import {blocks, subtaskTable} from './markdown.js'

export const github = defineFormat({
  name: 'github',
  ending: '.md',
  appends: true,
  pathVariable: 'GITHUB_STEP_SUMMARY',
  render(document) {
    const folded = blocks(document, (whole, group) => {
      const table = subtaskTable(whole, group)
      return table === '' ? '' : `<details><summary>Subtasks</summary>\n\n${table}\n\n</details>`
    })
    return `${['## lantern-eval', ...folded].join('\n\n')}\n\n`
  },
})
