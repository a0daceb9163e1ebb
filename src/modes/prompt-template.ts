// A user's own prompt (--prompt-template): a jinja template, filled in for one sample. A template may contain loops, so
// its running time and the length of its output are bounded.
import {Template} from '@huggingface/jinja'
import {LanternError, messageOf} from '../core/errors.js'
import {withinTime} from '../core/within-time.js'

/** The variables of a template. `options` and `letters` are lists; both are empty for an open question. */
export interface TemplateValues {
  readonly question: string
  readonly options: readonly string[]
  readonly letters: readonly string[]
  /** The prompt published with the data; empty if there is none. */
  readonly prompt: string
  readonly subtask: string
  readonly mode: string
  /** This harness's line for the mode and its answer contract, for templates that use them. */
  readonly mode_line: string
  readonly contract: string
}

const largestSource = 64 << 10
const largestPrompt = 1 << 20
const longestMs = 1000

const parsed = new Map<string, Template>()

/** Throws LanternError `bad-file` if the template is too long or is not valid jinja. */
export function checkTemplate(source: string): void {
  templateOf(source)
}

/** The text for one sample. Throws LanternError `bad-file` if the template fails or exceeds a bound. */
export function renderTemplate(source: string, values: TemplateValues): string {
  const template = templateOf(source)
  let text: string
  try {
    text = withinTime(() => template.render({...values}), longestMs)
  } catch (error) {
    throw refusal(messageOf(error))
  }
  if (text.length > largestPrompt) throw refusal(`it writes more than ${largestPrompt} characters`)
  return text
}

function templateOf(source: string): Template {
  const known = parsed.get(source)
  if (known) return known
  if (source.length > largestSource) throw refusal(`it is longer than ${largestSource} characters`)
  try {
    const template = withinTime(() => new Template(source), longestMs)
    parsed.set(source, template)
    return template
  } catch (error) {
    throw refusal(messageOf(error))
  }
}

function refusal(why: string): LanternError {
  return new LanternError(
    'bad-file',
    `The prompt template cannot be used: ${why.replace(/\.+$/, '')}.`,
    'It may use question, options, letters, prompt, subtask, mode, mode_line and contract (guide/recipes.md).',
  )
}
