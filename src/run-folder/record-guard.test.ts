// The quick check never accepts what the schema would refuse.
import fc from 'fast-check'
import {logRecordSchema} from './record.js'
import {isPlainRecord} from './record-guard.js'

const record = {
  type: 'sample',
  schema: 1,
  arm: 'm|direct',
  bench: 'blink',
  subtask: 'Counting',
  id: 'val_Counting_1#o1',
  item: 'val_Counting_1',
  repeat: 0,
  outcome: 'correct',
  score: 1,
  metrics: {iou: 0.5},
  answer: 'A',
  gold: 'A',
  question: 'How many cups?',
  options: ['one', 'two'],
  letters: ['A', 'B'],
  pictures: ['cups.png'],
  text: '(A)',
  extractor: 'lantern-eval',
  cluster: 'c',
  likeliest: 'A',
  usage: {promptTokens: 1, imageTokens: 1, textTokens: 1, latentSteps: null, markerTokens: null, blocks: null},
  timing: {firstTokenMs: 1, totalMs: 2},
  stop: 'eos',
  attempts: 1,
  seen: {promptSha256: 'a', images: [{sha256: 'b', width: 1, height: 1, sentWidth: 1, sentHeight: 1}]},
  error: null,
  tokenIds: [1, 2],
  latentAt: [1],
  latentNorm: {fed: 1, own: 2.5},
  donor: {id: 'val_Counting_2', lift: 'text', answer: 'B', option: 1, sameSubtask: true, resized: false},
  forced: [-0.5, -1.5],
}

type Path = readonly (string | number)[]

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [
    ...(path.length > 0 ? [path] : []),
    ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key])),
  ]
}

function changed(
  value: unknown,
  [key, ...rest]: Path,
  change: (parent: Record<string, unknown>, key: string) => void,
): unknown {
  const copy: unknown = Array.isArray(value) ? [...value] : {...(value as object)}
  const parent = copy as Record<string, unknown>
  if (rest.length === 0) change(parent, String(key))
  else parent[String(key)] = changed(parent[String(key)], rest, change)
  return copy
}

it('lets a record through as it is, unknown keys included', () => {
  expect(isPlainRecord(record)).toBe(true)
  expect(isPlainRecord({...record, later: {version: 2}})).toBe(true)
  expect(logRecordSchema.parse({...record, later: 1})).toEqual({...record, later: 1})
})

it('agrees with the schema on any record with a field changed or removed', () => {
  const anything = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      undefined,
      '',
      'x',
      0,
      1,
      2,
      -1,
      0.5,
      Number.NaN,
      true,
      [],
      {},
      ['a'],
      [1],
      {a: 'b'},
      2 ** 60,
    ),
    fc.jsonValue(),
  )
  fc.assert(
    fc.property(fc.constantFrom(...pathsOf(record)), anything, fc.boolean(), (path, value, remove) => {
      const other = changed(record, path, (parent, key) => {
        // A list from JSON has no holes, so removing an entry closes the gap.
        if (remove && Array.isArray(parent)) parent.splice(Number(key), 1)
        else if (remove) delete parent[key]
        else parent[key] = value
      })
      if (isPlainRecord(other)) expect(logRecordSchema.safeParse(other).success).toBe(true)
    }),
    {numRuns: 3000},
  )
})
