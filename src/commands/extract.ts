// One extractor over text: what would it read here, and by which rule?
import {text as readAll} from 'node:stream/consumers'
import {Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {withVariables} from '../cli/flags.js'
import {LanternError} from '../core/errors.js'
import {defaultExtractor, type Extraction, extractAnswer, extractorNames} from '../metrics/extraction/index.js'

export default class Extract extends BaseCommand<typeof Extract> {
  static override summary = 'Read the answer out of a response with one of the extractors, ours or a peer’s.'
  static override description =
    'The response comes from --text, from stdin (without its last line feed), or, many at once, from a JSONL file with {"id", "text", "options"?, "letters"?} a line.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --text "So the answer is (C)." --letters ABCD',
    '<%= config.bin %> <%= command.id %> --extractor lmms_blink --option red --option green < response.txt',
    '<%= config.bin %> <%= command.id %> --extractor blink_official --input responses.jsonl --json',
  ]
  static override flags = withVariables({
    extractor: Flags.string({
      summary: 'Name of the extractor.',
      options: extractorNames,
      default: defaultExtractor,
      helpValue: 'NAME',
    }),
    option: Flags.string({
      summary: 'Text of an option, in the order of the letters; once for each.',
      multiple: true,
      helpValue: 'TEXT',
    }),
    letters: Flags.string({
      summary: 'Letters of the item; the default is A, B, ... for the options, else ABCD.',
      helpValue: 'ABCD',
    }),
    text: Flags.string({summary: 'The response; without it, stdin is read.', exclusive: ['input']}),
    input: Flags.file({summary: 'JSONL file with many responses.', helpValue: 'FILE.jsonl'}),
  })

  async run(): Promise<unknown> {
    const {extractor, input, letters, option: options} = this.flags
    if (letters !== undefined && !/^[A-Z]+$/.test(letters)) {
      throw new LanternError(
        'usage',
        `--letters "${letters}" are not capital letters.`,
        'Give them without spaces or commas: --letters ABCD.',
      )
    }
    if (input === undefined) {
      const extraction = extractAnswer(extractor, {text: this.flags.text ?? (await this.stdin()), options, letters})
      this.log(told(extraction))
      return extraction
    }
    const {extractLines} = await import('../metrics/extraction/extract-lines.js')
    const results = []
    for await (const line of extractLines(extractor, input, {options, letters})) {
      if (this.jsonEnabled()) results.push(line)
      else this.log(`${line.id}\t${told(line)}`)
    }
    return {results}
  }

  private async stdin(): Promise<string> {
    if (process.stdin.isTTY)
      throw new LanternError(
        'usage',
        'There is no response to read.',
        'Give --text or --input, or pipe the response in.',
      )
    return (await readAll(process.stdin)).replace(/\r?\n$/, '')
  }
}

function told({answer, raw, rule, span}: Extraction): string {
  const place = span === null ? '' : `, characters ${span[0]} to ${span[1]}`
  return `${answer ?? 'no answer'}  (rule ${rule}${place}, raw value ${JSON.stringify(raw)})`
}
