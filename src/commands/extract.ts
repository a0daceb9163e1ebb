// One extractor over text: what would it read here, and by which rule?
import {text as readAll} from 'node:stream/consumers'
import {BaseCommand} from '../cli/base-command.js'
import {flagsOf} from '../cli/settings/flags.js'
import {pick, settings} from '../cli/settings/index.js'
import {LanternError} from '../core/errors.js'
import {type Extraction, extractAnswer} from '../metrics/extraction/index.js'

export default class Extract extends BaseCommand<typeof Extract> {
  static override summary = 'Read the answer out of a response with one of the extractors, ours or a peer’s.'
  static override description =
    'The response comes from --text, from stdin (without its last line feed), or, many at once, from a JSONL file with {"id", "text", "options"?, "letters"?} per line.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --text "So the answer is (C)." --letters ABCD',
    '<%= config.bin %> <%= command.id %> --extractor lmms_blink --option red --option green < response.txt',
    '<%= config.bin %> <%= command.id %> --extractor blink_official --input responses.jsonl --json',
  ]
  static override flags = flagsOf(pick(settings, 'extractor', 'option', 'letters', 'text', 'input'))

  async run(): Promise<unknown> {
    const {extractor, input, letters, option: options} = this.flags
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
