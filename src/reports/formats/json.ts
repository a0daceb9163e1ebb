// The result document as it is.
import type {Format} from './format.js'

export const json: Format = {
  ending: '.json',
  render: document => `${JSON.stringify(document, null, 2)}\n`,
}
