// A user's own prompt (--prompt-template): a jinja template, filled in for one sample. A template may contain loops, so
// its running time and the length of its output are bounded.
import {Template} from '@huggingface/jinja'
import {LanternError, messageOf} from './errors.js'
import {withinTime} from './within-time.js'

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

/** Names that a template may use: the values, and jinja's own. */
const values = ['question', 'options', 'letters', 'prompt', 'subtask', 'mode', 'mode_line', 'contract']
const builtIn = ['loop', 'range', 'namespace', 'raise_exception', 'strftime_now', 'true', 'false', 'none']

/** Throws LanternError `bad-file` for a template that is too long, is not valid jinja, or uses an unknown name. */
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
    // Jinja writes nothing for an unknown name: the question would be left out in silence.
    const {used, bound} = namesIn(template.parsed)
    const unknown = [...used].find(name => !bound.has(name) && !values.includes(name) && !isBuiltIn(name))
    if (unknown !== undefined) throw new RangeError(`it uses "${unknown}", which nothing is named`)
    parsed.set(source, template)
    return template
  } catch (error) {
    throw refusal(messageOf(error))
  }
}

const isBuiltIn = (name: string) => builtIn.includes(name.toLowerCase())

/** Fields of the syntax tree whose names are no variables: those of members, filters, tests and keyword arguments. */
const labels: Readonly<Record<string, string>> = {FilterExpression: 'filter', TestExpression: 'test'}
/** Fields that give a name to something. */
const binders: Readonly<Record<string, readonly string[]>> = {
  For: ['loopvar'],
  Set: ['assignee'],
  Macro: ['name', 'args'],
  CallStatement: ['callerArgs'],
}

/** Every name that a template reads, and every name that it sets anywhere. */
function namesIn(program: unknown): {used: Set<string>; bound: Set<string>} {
  const used = new Set<string>()
  const bound = new Set<string>(['caller'])
  const walk = (node: unknown, names: Set<string>): void => {
    if (Array.isArray(node)) for (const one of node) walk(one, names)
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return
    const {type, ...fields} = node as {type: string; value?: unknown; computed?: boolean}
    if (type === 'Identifier') {
      names.add(String(fields.value))
      return
    }
    for (const [field, child] of Object.entries(fields)) {
      if (type === 'MemberExpression' && field === 'property' && fields.computed !== true) continue
      if (type === 'KeywordArgumentExpression' && field === 'key') walk(child, names === bound ? bound : new Set())
      else if (labels[type] === field) walk((child as {args?: unknown}).args, used)
      else walk(child, binders[type]?.includes(field) ? bound : type === 'KeywordArgumentExpression' ? used : names)
    }
  }
  walk(program, used)
  return {used, bound}
}

function refusal(why: string): LanternError {
  return new LanternError(
    'bad-file',
    `The prompt template cannot be used: ${why.replace(/\.+$/, '')}.`,
    'It may use question, options, letters, prompt, subtask, mode, mode_line and contract (guide/recipes.md).',
  )
}
