// Settings of what is asked: models, benchmarks, samples, and the form of the questions.
import {benchmarkIds} from '../../benchmarks/index.js'
import {mostOrders, type OptionOrders, parseOptionOrders} from '../../benchmarks/option-orders.js'
import {LanternError} from '../../core/errors.js'
import {modes} from '../../core/generation.js'
import {defaultPromptStyle, promptStyles} from '../../core/prompt-form.js'
import {readShard} from '../../evaluation/selection.js'
import {interventionForms, interventionNames, isIntervention} from '../../modes/interventions.js'
import {protocolNames, unsupportedProtocols} from '../../modes/protocols.js'
import {anyText, choice, keyAndRest, named, number, text, wholeNumber, written} from './kinds.js'
import {combined, one, several, Unfit, withDefault} from './setting.js'

const what = {group: 'WHAT'} as const
const samples = {group: 'SAMPLES'} as const
const asking = {group: 'ASKING'} as const

/** A path to a user's own definition is not looked up as a name. */
/** The path of a file, where a name could stand too. */
export const looksLikePath = /[\\/]|\.(?:ya?ml|m?js|ts)$/

/** The ID of a benchmark, `ID:Subtask`, a definition file or `ID=FILE`. From here on it goes by its id. */
const benchmarkId = text('ID|FILE|ID=FILE', {
  allowed: 'the id of a benchmark',
  async opened(value) {
    return (await import('../own-benchmarks.js')).benchmarkNamed(value)
  },
  names: {
    noun: 'benchmark',
    part: value => value.split(':', 1)[0],
    known: benchmarkIds,
  },
})

/**
 * Splits `LABEL=REF`. A label cannot contain the characters of paths and references (`:`, `/`, `\\`, `#`), so an equals
 * sign inside those does not split them.
 */
export function labelAndRef(value: string): {readonly label?: string; readonly ref: string} {
  const match = /^([^=:/\\#]+)=(.+)$/.exec(value)
  return match === null ? {ref: value} : {label: match[1]!.trim(), ref: match[2]!.trim()}
}

/** Built-in models are known by name; other references are checked when they are opened. */
const modelRef = text('[LABEL=]REF', {
  allowed: 'a model reference',
  names: {
    noun: 'built-in model',
    part(value) {
      const {ref} = labelAndRef(value)
      return ref.startsWith('builtin:') ? ref : undefined
    },
    async known() {
      const {builtinNames} = await import('../../runners/onnx/checkpoint-folder.js')
      return builtinNames().map(name => `builtin:${name}`)
    },
  },
})

const protocolName = text('NAME|FILE', {
  allowed: 'a latent protocol',
  names: {
    noun: 'latent protocol',
    part: value => (looksLikePath.test(value) ? undefined : value),
    // Names of unsupported protocols are accepted here; the arm that uses one gives the reason later.
    known: () => [...protocolNames(), ...Object.keys(unsupportedProtocols)],
  },
})

const optionOrder = written<OptionOrders>(
  'ORDER',
  `file, circular, or shuffle:N with N from 1 to ${mostOrders}`,
  value => {
    try {
      return parseOptionOrders(value)
    } catch (error) {
      if (error instanceof LanternError) return undefined
      throw error
    }
  },
  {near: ['file', 'circular', 'shuffle:4']},
)

/** `[KEY=]VALUE`s as a record; a value without a key has the key `*`. Throws Unfit for two values of one key. */
export function keyed(values: readonly string[]): Record<string, string> {
  const record: Record<string, string> = {}
  for (const value of values) {
    const [key, rest] = keyAndRest(value)
    if (Object.hasOwn(record, key)) {
      const whose = key === '*' ? 'two values for everything' : `"${key}" twice`
      throw new Unfit(`gives ${whose}`, 'Name what each is for: NAME=VALUE.')
    }
    record[key] = rest
  }
  return record
}

/** Folders by benchmark. A misspelt benchmark is refused; otherwise its data would silently come from another place. */
const dataPlace = text('[BENCH=]DIR', {
  allowed: 'a folder',
  names: {
    noun: 'benchmark',
    part: value => (keyAndRest(value)[0] === '*' ? undefined : keyAndRest(value)[0]),
    known: benchmarkIds,
  },
})

/** A recipe by its name or by its checkpoint, or the path of a file with one. */
const recipeName = text('NAME|ID|DIR|FILE', {
  allowed: 'a recipe',
  names: {
    noun: 'recipe',
    part: value => (looksLikePath.test(value) ? undefined : value),
    async known() {
      return (await import('../../modes/recipes/index.js')).recipeNames()
    },
  },
})

/** A name of the register, or one with a parameter, which the arms check. */
const interventionName = {
  ...named('NAME', 'intervention', interventionNames),
  names: {
    noun: 'intervention',
    part: (value: string) => (isIntervention(value) ? undefined : value),
    known: interventionNames,
  },
}

export const whatSettings = {
  recipe: one(
    recipeName,
    'All that a published evaluation fixes: a name, a checkpoint (owner/name, DIR), or a YAML file.',
    what,
  ),
  bench: several(
    benchmarkId,
    `Benchmark: ${benchmarkIds().join(', ')}, a definition file, or ID=FILE (data); ID:Subtask selects one subtask.`,
    what,
  ),
  model: several(
    modelRef,
    'DIR (checkpoint), hub:owner/name[@rev], openai:NAME, replay:PATH, builtin:NAME; LABEL= is shown for it.',
    what,
  ),
  mode: several(choice('MODE', modes), 'How the model is asked; crop asks for a box first (VisCoT).', {
    ...what,
    defaultNote: 'latent for a checkpoint with latent ids, else direct',
  }),
  protocol: one(protocolName, 'Latent protocol: a name, or a YAML file with one.', {
    ...what,
    defaultNote: 'what the checkpoint says',
  }),
  'latent-size': several(wholeNumber('K', {min: 0}), 'Latents per block (K); an arm for each.', {
    ...what,
    defaultNote: 'what the checkpoint says',
  }),
  intervention: several(
    interventionName,
    `What is done to the latents, or (image:...) to the picture in any mode; also ${interventionForms().join(', ')}.`,
    {
      ...what,
      defaultNote: 'own',
    },
  ),
  'latents-from': one(
    text('RUN'),
    'Run with --save-latents whose latents are fed; default: own arms of this run, recorded first.',
    what,
  ),
}

export const sampleSettings = {
  data: combined(
    dataPlace,
    keyed,
    'Where the data are; with several benchmarks name each. `builtin` means the built-in samples.',
    samples,
  ),
  'image-root': one(text('DIR'), 'Where pictures lie whose paths in the data are absolute or lead elsewhere.', samples),
  split: one(text('NAME'), 'Split of the data.', {...samples, defaultNote: "the benchmark's usual one"}),
  sample: several(text('ID'), 'Only these sample ids.', samples),
  'samples-file': one(text('F'), 'File with one sample id per line.', samples),
  limit: one(
    wholeNumber('N', {min: 1}),
    'At most N samples per benchmark, stratified over its subtasks and seeded.',
    samples,
  ),
  seed: withDefault(wholeNumber('N'), 0, 'Seed of every random choice.', samples),
  repeats: withDefault(
    wholeNumber('N', {min: 1, max: 10_000}),
    1,
    'Ask every sample N times, with the seeds --seed, --seed + 1, ...; its score is the mean.',
    samples,
  ),
  shard: one(
    written('i/n', 'i/n with 1 <= i <= n', readShard, {pattern: /^\d+\/\d+$/}),
    'Only the i-th of n disjoint parts, 1-based; join them with `merge`.',
    samples,
  ),
  options: withDefault(
    optionOrder,
    {kind: 'file'},
    'Ask each choice under several option orders: shuffle:N, circular.',
    {
      ...samples,
      defaultNote: 'file',
    },
  ),
}

export const askingSettings = {
  'prompt-style': withDefault(
    choice('STYLE', promptStyles),
    defaultPromptStyle,
    'Ours, or exactly what this peer sends.',
    asking,
  ),
  system: one(anyText, 'A system message, in place of what the style has.', asking),
  'prompt-template': one(text('FILE'), 'A jinja template of your own; nothing of ours follows it.', asking),
  stop: several(
    {...anyText, allowed: 'text that is not empty', schema: z => z.string().min(1)},
    'Text that ends an answer. Repeatable.',
    {
      ...asking,
      commas: false,
    },
  ),
  'max-new-tokens': one(wholeNumber('N', {min: 1}), 'Token budget.', {
    ...asking,
    defaultNote: 'by benchmark and mode; --dry-run shows it',
  }),
  temperature: withDefault(
    number('X', {min: 0, max: 10}),
    0,
    'Sampling temperature; at 0 the likeliest token is taken.',
    asking,
  ),
  'top-p': one(number('X', {above: 0, max: 1}), 'Nucleus sampling.', asking),
  'top-k': one(wholeNumber('N', {min: 1}), 'Sample among the k best tokens.', asking),
  'max-pixels': one(wholeNumber('N', {min: 784}), 'Shrink larger pictures to this many pixels.', asking),
  'min-pixels': one(
    wholeNumber('N', {min: 784}),
    'Enlarge smaller pictures to this many pixels (local checkpoints).',
    asking,
  ),
}
