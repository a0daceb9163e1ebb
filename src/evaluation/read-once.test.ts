import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {startOpenAIServer} from '../../test/support/openai-server.js'
import {plainRun} from '../../test/support/run-spec.js'
import {runnerOptions} from '../../test/support/runner-options.js'
import type {ImageRef, Sample} from '../core/sample.js'
import {evaluate} from './evaluate.js'
import {prepare} from './prepare.js'
import {readOnce} from './read-once.js'

const sampleOf = (...images: ImageRef[]): Sample => ({
  ...{id: '1', benchmark: 'b', subtask: 's', images, question: 'q', gold: 'A'},
})

/** A picture that counts how often it is read; its first `failures` reads fail. */
function counted(failures = 0) {
  const reads = {bytes: 0, head: 0}
  const image: ImageRef = {
    source: 'p.png',
    orientation: 'ignore',
    async bytes() {
      if (reads.bytes++ < failures) throw new Error('busy')
      return Uint8Array.of(1, 2, 3)
    },
    async head() {
      reads.head++
      return Uint8Array.of(1)
    },
  }
  return {image, reads}
}

test('a picture is read once however often it is asked for, by variants of its item too', async () => {
  const {image, reads} = counted()
  const once = readOnce()
  const [first, variant] = [once(sampleOf(image)), once(sampleOf(image))]
  const read = await Promise.all([first, first, variant].map(sample => sample.images[0]!.bytes()))
  expect(read).toEqual([1, 2, 3].map(() => Uint8Array.of(1, 2, 3)))
  expect(reads.bytes).toBe(1)
  expect(first.images[0]).toMatchObject({source: 'p.png', orientation: 'ignore'})
})

test('the head is read alone before the whole is known, and not again after it', async () => {
  const {image, reads} = counted()
  const [picture] = readOnce()(sampleOf(image)).images
  await picture!.head!(1)
  expect(reads).toEqual({bytes: 0, head: 1})
  await picture!.bytes()
  await picture!.head!(1)
  expect(reads).toEqual({bytes: 1, head: 1})
})

test('a read that failed is tried again', async () => {
  const {image, reads} = counted(1)
  const [picture] = readOnce()(sampleOf(image)).images
  await expect(picture!.bytes()).rejects.toThrow('busy')
  expect(await picture!.bytes()).toEqual(Uint8Array.of(1, 2, 3))
  expect(reads.bytes).toBe(2)
})

test('a run reads every picture once for all its arms and repeats', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lantern-eval-once-'))
  const server = await startOpenAIServer({behave: () => ({kind: 'answer', text: '<answer>A</answer>'})})
  try {
    const prepared = await prepare(
      {
        ...plainRun,
        models: [{ref: 'openai:m', modes: ['direct', 'text-cot']}],
        benchmarks: [{id: 'blink'}],
        data: {'*': 'builtin'},
        limit: 12,
        repeats: 2,
        decoding: {temperature: 1},
        maxErrorRate: 0,
        out: join(folder, 'run'),
        runner: runnerOptions({remote: {concurrency: 4, baseUrls: {'*': server.url}}}),
      },
      () => {},
    )
    const reads = new Map<string, number>()
    const counting = (image: ImageRef): ImageRef => ({
      ...image,
      bytes() {
        reads.set(image.source, (reads.get(image.source) ?? 0) + 1)
        return image.bytes()
      },
    })
    const benchmarks = prepared.benchmarks.map(bench => ({
      ...bench,
      data: {
        ...bench.data,
        async *samples(only?: ReadonlySet<string>) {
          for await (const sample of bench.data.samples(only)) yield {...sample, images: sample.images.map(counting)}
        },
      },
    }))
    expect(await evaluate({...prepared, benchmarks}, () => {}, new AbortController().signal)).toMatchObject({
      total: 48,
      settled: 48,
      errors: 0,
    })
    expect(reads.size).toBeGreaterThanOrEqual(12)
    expect(new Set(reads.values())).toEqual(new Set([1]))
    await prepared.close()
  } finally {
    await server.close()
    await rm(folder, {recursive: true})
  }
})
