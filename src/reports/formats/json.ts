// The result document as JSON, unchanged.
import {defineFormat} from './format.js'

export const json = defineFormat({
  name: 'json',
  ending: '.json',
  render: document => `${JSON.stringify(document, null, 2)}\n`,
})
