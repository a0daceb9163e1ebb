// The lock of an imported run: what the files say of themselves, and plainly where they say nothing.
import {basename} from 'node:path'
import type {Arm} from '../../core/generation.js'
import {hashOf, sha256OfFile} from '../../core/hash.js'
import type {PeerSource} from '../../peers/index.js'
import {type Lock, lockHash} from '../../run-folder/lock.js'
import {packageVersion, titlesOf} from '../environment.js'
import {samplesSha256} from '../prepare.js'
import type {BenchSurvey, Survey} from './survey.js'

interface ImportChoices {
  readonly extractor: string
  readonly split?: string
}

/** Throws the system error of a file that cannot be read. */
export async function lockOf(
  spec: ImportChoices,
  sources: readonly PeerSource[],
  survey: Survey,
  arms: readonly Arm[],
): Promise<Lock> {
  const formats = [...new Set(sources.map(({format}) => format.name))].join('+')
  const files = await Promise.all(
    sources.map(async ({path}) => ({name: basename(path), sha256: await sha256OfFile(path)})),
  )
  const lock: Lock = {
    ...{schema: 1, hash: '', arms: [...arms]},
    benchmarks: [...survey.benches].map(([id, bench]) => benchEntry(id, bench, formats, spec)),
    // Files do not say how the peer asked: such rows are shown beside ours, and never ranked with them.
    prompts: {style: `import:${formats}`, templatesSha256: 'unknown'},
    decoding: {temperature: 0, maxNewTokens: {}, known: false},
    images: {minPixels: null, maxPixels: null},
    models: arms.map(({model}) => ({ref: model, sha256: hashOf(files)})),
    ...{extractor: spec.extractor, judge: null, seeds: {run: 0}, shard: null},
    environment: {
      lanternEval: packageVersion(),
      titles: titlesOf(Array.from(survey.benches, ([id, {title}]) => ({id, title}))),
      imported: files,
    },
  }
  return {...lock, hash: lockHash(lock)}
}

function benchEntry(
  id: string,
  {scoring, split, samples, expected}: BenchSurvey,
  formats: string,
  spec: ImportChoices,
): Lock['benchmarks'][number] {
  const keys = Array.from(samples, ([id, {subtask}]) => ({id, subtask}))
  const names = [...new Set([...expected.keys(), ...keys.map(({subtask}) => subtask)])]
  const subtasks = names.map(name => {
    const selected = keys.reduce((sum, {subtask}) => sum + Number(subtask === name), 0)
    return {name, selected, available: Math.max(selected, expected.get(name) ?? 0)}
  })
  const available = subtasks.reduce((sum, subtask) => sum + subtask.available, 0)
  return {
    ...{id, split: spec.split ?? split, kind: 'official', layout: `import:${formats}`, revision: null, labels: null},
    dataSha256: hashOf(
      Array.from(samples, ([id, {gold}]) => [id, gold]).sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    ),
    ...{samplesSha256: samplesSha256(keys), selected: keys.length, available, partial: keys.length < available},
    ...{
      metric: scoring.metric,
      aggregate: scoring.aggregate,
      headline: scoring.headline ? [...scoring.headline] : null,
      subtasks,
    },
  }
}
