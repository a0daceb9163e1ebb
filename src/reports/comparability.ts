// Which rows may be ranked or compared: data, labels, sample ids, answer contract, extractor, judge and metric agree
// (design/contract.md, "The lock").
import {canonicalJson} from '../core/hash.js'
import {aggregateText} from '../core/headline.js'
import type {Run, Sheet} from './read-run.js'

export type Facts = Readonly<Record<string, string>>

const short = (hash: string) => hash.replace('sha256:', '').slice(0, 8)

/** A setting as text: `{kind: 'shuffle', count: 4}` as `shuffle 4`; a hash is shortened. */
function inWords(value: unknown): string {
  if (typeof value === 'string' && value.startsWith('sha256:')) return short(value)
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.values(value)
    .map(inner => (typeof inner === 'object' ? canonicalJson(inner) : String(inner)))
    .join(' ')
}

/** The facts that have to agree, by name, in words for people. Two sheets are comparable if all of them are equal. */
export function contractOf(
  {lock}: Pick<Run, 'lock'>,
  {bench, dropped = []}: Pick<Sheet, 'bench'> & Partial<Pick<Sheet, 'dropped'>>,
): Facts {
  const {style, templatesSha256, ...otherPrompts} = lock.prompts
  return {
    benchmark: bench.id,
    split: bench.split,
    data: `${bench.kind === 'builtin' ? 'built-in ' : ''}${short(bench.dataSha256)}`,
    labels: bench.labels ?? 'as published',
    ...(bench.definition === undefined ? {} : {definition: short(bench.definition.sha256)}),
    samples: `${bench.selected} (${short(bench.samplesSha256)})${lock.shard ? `, shard ${lock.shard.index}/${lock.shard.count}` : ''}`,
    'prompt style': style,
    prompts: [
      short(bench.promptsSha256 ?? templatesSha256),
      ...Object.entries(otherPrompts).map(([name, value]) => `${name} ${inWords(value)}`),
    ].join(', '),
    extractor: lock.extractor,
    ...codeOf(lock, [`extractor ${lock.extractor}`, `benchmark ${bench.id}`]),
    judge: lock.judge === null ? 'none' : `${lock.judge.ref}, prompt ${lock.judge.prompt.slice(0, 12)}`,
    metric: `${bench.metric}, ${headlineText(bench)}`,
    ...(dropped.length === 0 ? {} : {'parameters left out': dropped.join(', ')}),
  }
}

/**
 * The names that `--allow` accepts, with the facts each stands for: every fact has its own name, and `prompts` includes
 * the style.
 */
export function namesOfFact(facts: Facts): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>()
  for (const fact of Object.keys(facts)) {
    const name = fact.startsWith('prompt') ? 'prompts' : fact
    // Benchmark and split cannot be allowed to differ: the questions would be different.
    if (name !== 'benchmark' && name !== 'split' && name !== 'samples')
      names.set(name, [...(names.get(name) ?? []), fact])
  }
  return names
}

/** The code of plug-ins that read the data or the answers; empty if built-in parts read them. */
function codeOf({plugins = []}: Run['lock'], parts: readonly string[]): Facts {
  const code = plugins.filter(plugin => plugin.parts.some(part => parts.includes(part)))
  return code.length === 0 ? {} : {'plug-ins': code.map(({name, sha256}) => `${name} (${short(sha256)})`).join(', ')}
}

function headlineText({aggregate, headline}: Sheet['bench']): string {
  const counted = typeof aggregate === 'string' && headline ? ` over ${headline.join(', ')}` : ''
  return `${aggregateText(aggregate)}${counted}`
}

/** The facts that may differ. A difference is shown beside the row. */
export function settingsOf({lock}: Run, {arm, bench}: Sheet): Facts {
  const model = lock.models.find(({ref}) => ref === arm.model)
  const {temperature, maxNewTokens, ...otherDecoding} = lock.decoding
  const facts: Record<string, unknown> = {
    precision: model?.precision,
    'latent dtype': (model?.['details'] as {readonly latentDtype?: unknown} | undefined)?.latentDtype,
    'picture fetch': (model?.['details'] as {readonly pictureFetch?: unknown} | undefined)?.pictureFetch,
    checkpoint: model?.sha256 === undefined ? undefined : short(model.sha256),
    'max new tokens': bench.maxNewTokens?.[arm.mode] ?? maxNewTokens[arm.mode],
    temperature,
    ...otherDecoding,
    'min pixels': lock.images.minPixels,
    'max pixels': lock.images.maxPixels,
    seed: lock.seeds.run,
    layout: bench.layout,
    revision: bench.revision,
  }
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      name,
      value === undefined || value === null ? 'default' : inWords(value),
    ]),
  )
}

/** The facts on which two sets disagree, each as `name: this, not that`. */
export function disagreements(these: Facts, those: Facts): string[] {
  return Object.keys({...those, ...these})
    .filter(name => these[name] !== those[name])
    .map(name => `${name}: ${these[name] ?? 'none'}, not ${those[name] ?? 'none'}`)
}

/** The facts that differ between the sets of a group. */
export function varying(sets: readonly Facts[]): string[] {
  return Object.keys(sets[0] ?? {}).filter(name => sets.some(facts => facts[name] !== sets[0]![name]))
}
