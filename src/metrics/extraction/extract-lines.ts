// Reads the answers of many responses: runs one extractor over a JSONL file (`lantern-eval extract --input`).
import {z} from 'zod'
import {openTable} from '../../benchmarks/sources/table.js'
import {LanternError} from '../../core/errors.js'
import {type Extraction, type ExtractionInput, extractAnswer} from './index.js'

const lineSchema = z.looseObject({
  id: z.union([z.string(), z.number()]),
  text: z.string(),
  options: z.array(z.string()).nullish(),
  letters: z.union([z.array(z.string()), z.string()]).nullish(),
})

export type ExtractedLine = {readonly id: string | number} & Extraction

/**
 * Extracts line by line, as a stream; `item` holds the options and letters for lines without their own.
 * Throws `bad-file` (naming file and line) for a line that is not `{"id", "text", "options"?, "letters"?}`.
 */
export async function* extractLines(
  extractor: string,
  path: string,
  item: Omit<ExtractionInput, 'text'>,
): AsyncGenerator<ExtractedLine> {
  const table = await openTable(path, {format: 'jsonl'})
  for await (const row of table.rows({whole: ['text', 'options']})) {
    if (row instanceof LanternError) throw row
    const {success, data, error} = lineSchema.safeParse(row.values)
    if (!success) {
      const {path: key, message} = error.issues[0]!
      const where = key.join('.')
      throw new LanternError(
        'bad-file',
        `${row.where}, ${where}: ${message}.`,
        'A line is {"id", "text", "options"?, "letters"?}.',
      )
    }
    const {id, text, options, letters} = data
    // A line with its own options also has their letters.
    const own = options || letters ? {options, letters} : item
    yield {id, ...extractAnswer(extractor, {text, ...own})}
  }
}
