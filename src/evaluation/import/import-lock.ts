// The lock of an imported run: what the files say about themselves. What they do not say is marked as unknown.
import {basename} from 'node:path'
import type {Arm} from '../../core/generation.js'
import {hashOf, sha256OfFile} from '../../core/hash.js'
import type {PeerSource} from '../../peers/index.js'
import {type Lock, type LockedBenchmark, lockedBenchmark, lockOf} from '../../run-folder/lock.js'
import {type ListedSample, listedSamples} from '../../run-folder/samples.js'
import {definitionsOf, packageVersion, titlesOf} from '../environment.js'
import {pluginsOf} from '../plugins-used.js'
import type {BenchSurvey, Survey} from './survey.js'

interface ImportChoices {
  readonly extractor: string
  readonly split?: string
}

/** Every sample of the files, over all models. */
export function samplesIn(survey: Survey): ListedSample[] {
  return [...survey.benches].flatMap(([bench, found]) => listed(bench, found))
}

function listed(bench: string, {samples, available}: BenchSurvey): ListedSample[] {
  const found = Array.from(samples, ([id, {subtask, group}]) => ({id, subtask, group}))
  return listedSamples(bench, found, available)
}

/** Throws the system error of a file that cannot be read. */
export async function importLock(
  spec: ImportChoices,
  sources: readonly PeerSource[],
  survey: Survey,
  arms: readonly Arm[],
): Promise<Lock> {
  const formats = [...new Set(sources.map(({format}) => format.name))].join('+')
  const files = await Promise.all(
    sources.map(async ({path}) => ({name: basename(path), sha256: await sha256OfFile(path)})),
  )
  return lockOf({
    arms: [...arms],
    benchmarks: [...survey.benches].map(([id, bench]) => benchEntry(id, bench, formats, spec)),
    // The files do not say how the peer asked, so these rows are shown beside ours but never ranked with them.
    prompts: {style: `import:${formats}`, templatesSha256: 'unknown'},
    decoding: {temperature: 0, maxNewTokens: {}, known: false},
    images: {minPixels: null, maxPixels: null},
    models: arms.map(({model}) => ({ref: model, sha256: hashOf(files)})),
    extractor: spec.extractor,
    judge: null,
    seeds: {run: 0, ...(survey.repeats > 1 ? {repeats: survey.repeats} : {})},
    shard: null,
    ...pluginsOf({
      arms,
      benchmarks: [...survey.benches.keys()].map(id => ({id})),
      extractor: spec.extractor,
      asked: false,
      peerFormats: sources.map(({format}) => format.name),
    }),
    environment: {
      lanternEval: packageVersion(),
      titles: titlesOf(Array.from(survey.benches, ([id, {title}]) => ({id, title}))),
      ...definitionsOf(Array.from(survey.benches, ([id, {place}]) => ({id, definition: place}))),
      imported: files,
    },
  })
}

function benchEntry(id: string, survey: BenchSurvey, formats: string, spec: ImportChoices): LockedBenchmark {
  const {scoring, split, samples, expected, verified, kind, definition} = survey
  const found = listed(id, survey)
  // A file may hold more samples of a subtask than are published, or unpublished subtasks.
  const available = new Map(expected)
  const counts = new Map<string, number>()
  for (const {subtask} of found) counts.set(subtask, (counts.get(subtask) ?? 0) + 1)
  for (const [name, count] of counts) available.set(name, Math.max(count, available.get(name) ?? 0))
  const golds = Array.from(samples, ([sample, {gold}]) => [sample, gold])
  return lockedBenchmark({
    ...(definition && {definition}),
    ...{id, split: spec.split ?? split, kind, verified, layout: `import:${formats}`, revision: null, labels: null},
    dataSha256: hashOf(golds.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))),
    ...{scoring, judged: false, samples: found, available},
  })
}
