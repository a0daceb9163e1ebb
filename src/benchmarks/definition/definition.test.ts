import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {collect, folderOf, png, problemsOf} from '../../../test/support/data.js'
import {writeParquet} from '../../../test/support/parquet.js'
import type {LanternError} from '../../core/errors.js'
import type {Sample} from '../../core/sample.js'
import type {DataSet, LoadOptions} from '../benchmark.js'
import {benchmarkOf} from './benchmark.js'
import {definitionOfData, openDefinition} from './open.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'definition-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

type Files = Readonly<Record<string, string | Uint8Array>>
const lines = (...rows: unknown[]) => rows.map(row => `${JSON.stringify(row)}\n`).join('')
const base64 = png.toString('base64')

/** The data of a definition file, or of a data file alone, whose folder has the pictures a.png and b.png. */
async function dataOf(files: Files, name: string, options: Partial<LoadOptions> = {}): Promise<DataSet> {
  const root = await folderOf(folder, {'a.png': png, 'b.png': png, 'pics/c.png': png, ...files})
  const path = join(root, name)
  const definition = name.endsWith('.yaml') ? await openDefinition(path) : definitionOfData('mine', path)
  const benchmark = await benchmarkOf(definition)
  return benchmark.load(benchmark.home!, {split: benchmark.defaultSplit, seed: 0, ...options})
}

interface Read {
  readonly id: string
  readonly question: string
  readonly options?: readonly string[]
  readonly letters?: readonly string[]
  readonly gold: Sample['gold']
  readonly images: readonly number[]
}

/** The samples in short, with the size of each picture. */
async function samplesOf(data: DataSet): Promise<readonly Read[]> {
  const samples = await collect(data.samples())
  return Promise.all(
    samples.map(async ({id, question, options, letters, gold, images}) => ({
      ...{id, question, ...(options && {options}), ...(letters && {letters}), gold},
      images: await Promise.all(images.map(async image => (await image.bytes()).length)),
    })),
  )
}

const one = png.length

/** Data as people have them: each is read without a definition, and each means the same as it would to a person. */
const forms: readonly (readonly [
  name: string,
  file: string,
  content: string | Uint8Array,
  expected: readonly unknown[],
])[] = [
  [
    'numbers, booleans and texts mixed; numeric ids and ids of any script',
    'items.jsonl',
    lines(
      {qid: 7, img: 'a.png', query: 'q', choices: [1, 2.5, true], gold: 2.5},
      {qid: '日本 1', img: 'b.png', query: 'r', choices: ['ja', 'nein'], gold: '(a)'},
    ),
    [
      {id: '7', question: 'q', options: ['1', '2.5', 'true'], letters: ['A', 'B', 'C'], gold: 'B', images: [one]},
      {id: '日本 1', question: 'r', options: ['ja', 'nein'], letters: ['A', 'B'], gold: 'A', images: [one]},
    ],
  ],
  [
    'objects within objects',
    'items.jsonl',
    lines({meta: {id: 'x', image: 'a.png'}, qa: {question: 'q', options: {B: 'two', A: 'one'}, answer: 'TWO '}}),
    [{id: 'x', question: 'q', options: ['one', 'two'], letters: ['A', 'B'], gold: 'B', images: [one]}],
  ],
  [
    'a list of base64 and data URIs, options as Python prints them',
    'items.jsonl',
    lines({
      ...{id: 1, images: [base64, `data:image/png;base64,${base64}`], question: 'q'},
      ...{options: `['red', "bl'ue", 'gr\\u00fcn']`, label: "B. bl'ue"},
    }),
    [
      {
        id: '1',
        question: 'q',
        options: ['red', "bl'ue", 'grün'],
        letters: ['A', 'B', 'C'],
        gold: 'B',
        images: [one, one],
      },
    ],
  ],
  [
    "VLMEvalKit's table with image_path, cells with tabs' quotes and lines, fewer options in some rows",
    'items.tsv',
    'index\tquestion\timage_path\tA\tB\tC\tanswer\tl2-category\n' +
      '0\t"a ""q"" of\ntwo lines"\ta.png\tx\ty\t\tB\tc1\n' +
      '1\tr\t"[""a.png"", ""pics/c.png""]"\tx\ty\tz\tC\tc2\n',
    [
      {id: '0', question: 'a "q" of\ntwo lines', options: ['x', 'y'], letters: ['A', 'B'], gold: 'B', images: [one]},
      {id: '1', question: 'r', options: ['x', 'y', 'z'], letters: ['A', 'B', 'C'], gold: 'C', images: [one, one]},
    ],
  ],
  [
    'a CSV of Windows, with a byte order mark',
    'items.csv',
    '\ufeffquestion_id,image,question,option_a,option_b,correct_answer\r\n1,a.png,"Is it, really?",yes,no,No\r\n',
    [{id: '1', question: 'Is it, really?', options: ['yes', 'no'], letters: ['A', 'B'], gold: 'B', images: [one]}],
  ],
  [
    'a JSON list under a key, without ids',
    'items.json',
    JSON.stringify({version: 2, data: [{image: 'a.png', question: 'q', answer: 4}]}),
    [{id: '1', question: 'q', gold: '4', images: [one]}],
  ],
  [
    'lettered lines, lettered items and options in one line',
    'items.jsonl',
    lines(
      {id: 1, image: 'a.png', question: 'q', options: 'A. red\nB. blue\nor so\nC. green', answer: 'c'},
      {id: 2, image: 'a.png', question: 'q', options: ['(A) red', '(B) blue'], answer: '(B)'},
      {id: 3, image: 'a.png', question: 'q', options: '(A) red, (B) blue', answer: 'red'},
    ),
    [
      {options: ['red', 'blue\nor so', 'green'], gold: 'C'},
      {options: ['red', 'blue'], gold: 'B'},
      {options: ['red', 'blue'], gold: 'A'},
    ],
  ],
  [
    'the layout of ARC, whose labels are numbers',
    'items.jsonl',
    lines({
      id: 1,
      image: 'a.png',
      question: 'q',
      choices: {text: ['x', 'y', 'z'], label: ['1', '2', '3']},
      answerKey: '2',
    }),
    [{options: ['x', 'y', 'z'], gold: 'B'}],
  ],
  [
    "numpy's lists, and pairs of label and text",
    'items.jsonl',
    lines(
      {id: 1, image: 'a.png', question: 'q', options: "['red one' 'blue'\n 'green']", answer: 'blue'},
      {
        id: 2,
        image: 'a.png',
        question: 'q',
        options: [
          {label: 'A', text: 'x'},
          {label: 'B', text: 'y'},
        ],
        answer: 'B',
      },
    ),
    [
      {options: ['red one', 'blue', 'green'], gold: 'B'},
      {options: ['x', 'y'], gold: 'B'},
    ],
  ],
  [
    'open questions beside choices, several accepted answers, hidden answers',
    'items.jsonl',
    lines(
      {id: 1, image: 'a.png', question: 'q', options: ['x', 'y'], answer: 'A'},
      {id: 2, image: 'a.png', question: 'q', options: [], answer: ['dog', 'hound', 'dog']},
      {id: 3, image: 'a.png', question: 'q', options: null, answer: ''},
      {id: 4, image: 'a.png', question: 'q', options: ['x', 'y'], answer: null},
    ),
    [{gold: 'A'}, {gold: ['dog', 'hound']}, {gold: null}, {gold: null, letters: ['A', 'B']}],
  ],
  [
    'answers of VQA',
    'items.jsonl',
    lines({
      question_id: 5,
      image_path: 'a.png',
      question: 'q',
      answers: [{answer: 'net'}, {answer: 'net'}, {answer: 'web'}],
    }),
    [{id: '5', gold: ['net', 'web']}],
  ],
  [
    'options inside the question are left there, and their letters are known',
    'items.jsonl',
    lines(
      {id: 1, image: 'a.png', question: 'What?\nA. red\nB. blue', answer: 'b'},
      {id: 2, image: 'a.png', question: 'How many?', answer: '3'},
    ),
    [
      {id: '1', question: 'What?\nA. red\nB. blue', letters: ['A', 'B'], gold: 'B', images: [one]},
      {id: '2', question: 'How many?', gold: '3', images: [one]},
    ],
  ],
  [
    'numbered pictures, some absent; six options',
    'items.jsonl',
    lines({
      ...{id: 1, image_1: 'a.png', image_2: null, image_3: 'b.png', question: 'q'},
      ...{A: 'u', B: 'v', C: 'w', D: 'x', E: 'y', F: 'z', answer: 'F'},
    }),
    [{letters: ['A', 'B', 'C', 'D', 'E', 'F'], gold: 'F', images: [one, one]}],
  ],
  [
    "VLMEvalKit's table whose picture cell is the index of an earlier row",
    'items.tsv',
    `index\timage\tquestion\tA\tB\tanswer\n4\t${base64}\tq\tx\ty\tA\n5\t4\tr\tx\ty\tB\n`,
    [{images: [one]}, {id: '5', images: [one]}],
  ],
  [
    'answers that name the column of their option',
    'items.jsonl',
    lines({id: 1, image: 'a.png', question: 'q', option1: 'x', option2: 'y', label: 'option2'}),
    [{options: ['x', 'y'], gold: 'B'}],
  ],
  ['text alone', 'items.jsonl', lines({question: '2 + 2?', answer: 4}), [{gold: '4', images: []}]],
]

test.each(forms)('%s', async (_, file, content, expected) => {
  const data = await dataOf({[file]: content}, file)
  expect(await samplesOf(data)).toMatchObject(expected)
  expect(await problemsOf(data)).toEqual([])
})

test('parquet as the hub stores it: pictures as structs, options as a list', async () => {
  writeParquet(join(folder, 'x.parquet'), [
    {name: 'question_id', type: 'number', data: [1, 2]},
    {
      name: 'image',
      type: 'picture',
      data: [
        {bytes: png, path: 'a.png'},
        {bytes: png, path: null},
      ],
    },
    {name: 'question', type: 'text', data: ['q', 'r']},
    {
      name: 'options',
      type: 'texts',
      data: [
        ['x', 'y'],
        ['z', 'w', 'v'],
      ],
    },
    {name: 'answer', type: 'text', data: ['y', 'C']},
  ])
  const benchmark = await benchmarkOf(definitionOfData('mine', join(folder, 'x.parquet')))
  const data = await benchmark.load(benchmark.home!, {split: 'test', seed: 0})
  expect(await samplesOf(data)).toMatchObject([
    {id: '1', options: ['x', 'y'], gold: 'B', images: [one]},
    {id: '2', options: ['z', 'w', 'v'], gold: 'C', images: [one]},
  ])
})

describe('a definition', () => {
  const item = {
    uid: 'q',
    image_1: 'c.png',
    image_2: null,
    ask: 'q',
    A: 'x',
    B: 'y',
    answer: 2,
    kind: 'c',
    boxes: [[0, 0, 1, 1]],
  }
  const whole = [
    ...['id: mine', 'title: Mine', 'data: {test: items.jsonl, val: [more.jsonl, items.jsonl]}', 'images: pics'],
    ...[
      'fields:',
      '  id: uid',
      '  image: [image_1, image_2]',
      '  question: ask',
      '  options: [A, B]',
      '  subtask: kind',
    ],
    ...['  group: pair', '  cluster: scene', 'answerIndex: 1', 'scoring: {metric: accuracy, headline: group}'],
    ...['prompt: "Q: {{ question }}"', 'maxNewTokens: {direct: 16}', 'expected: {test: {c: 1}}'],
  ].join('\n')
  const files = {
    'mine.yaml': whole,
    'items.jsonl': lines({...item, pair: 1, scene: 's'}),
    'more.jsonl': lines({...item, uid: 'm', pair: null, scene: null}),
  }

  test('says every field', async () => {
    const data = await dataOf(files, 'mine.yaml')
    const [sample] = await collect(data.samples())
    expect(sample).toMatchObject({
      ...{id: 'q', where: 'items.jsonl:1', subtask: 'c', gold: 'B', group: '1', cluster: 's', boxes: [[0, 0, 1, 1]]},
      ...{options: ['x', 'y'], images: [{source: 'c.png'}]},
    })
    expect(data.benchmark).toMatchObject({
      ...{id: 'mine', title: 'Mine', splits: ['test', 'val'], defaultSplit: 'test', maxNewTokens: {direct: 16}},
      ...{scoring: {answer: 'choice', mixed: true, metric: 'accuracy', aggregate: 'group'}},
      prompts: {'lantern-eval': {template: 'Q: {{ question }}'}},
    })
    expect(await problemsOf(data)).toEqual([])
    expect((await samplesOf(await dataOf(files, 'mine.yaml', {split: 'val'}))).map(({id}) => id)).toEqual(['m', 'q'])
  })

  test('holds the counts it expects', async () => {
    const data = await dataOf({...files, 'mine.yaml': whole.replace('c: 1', 'all: 3')}, 'mine.yaml')
    expect((await problemsOf(data)).map(({message}) => message)).toEqual(['all: 1 samples instead of 3.'])
  })

  test('whose headline names a subtask that the data lack is told by verify', async () => {
    const text = 'id: mine\ndata: i.jsonl\nscoring: {headline: {mean: [a, {mean: [b, c]}]}}\n'
    const rows = ['a', 'b'].map((category, id) => ({id, question: 'q', answer: 'x', category}))
    const data = await dataOf({'m.yaml': text, 'i.jsonl': lines(...rows)}, 'm.yaml')
    expect(data.benchmark.scoring.aggregate).toEqual({mean: ['a', {mean: ['b', 'c']}]})
    expect((await problemsOf(data)).map(({message}) => message)).toEqual([
      'The headline counts the subtask "c", of which there are no samples.',
    ])
  })

  test('names files with * and takes options out of the question', async () => {
    const text = 'id: mine\ndata: part-*.jsonl\nfields: {options: question}\n'
    const row = (id: string) =>
      lines({id, question: `${id}?\n(A) x\n(B) y\nAnswer with the option's letter directly.`, answer: 'x'})
    const data = await dataOf({'m.yaml': text, 'part-2.jsonl': row('2'), 'part-1.jsonl': row('1')}, 'm.yaml')
    expect(await samplesOf(data)).toMatchObject([
      {id: '1', question: '1?', options: ['x', 'y'], gold: 'A'},
      {id: '2', question: '2?', options: ['x', 'y'], gold: 'A'},
    ])
  })

  test('reaches into lists, and leaves out columns that are there', async () => {
    const text =
      'id: mine\ndata: i.jsonl\nfields: {question: talk.0.value, answer: talk.1.value, options: null, id: null}\n'
    const row = lines({id: 9, options: ['a', 'b'], talk: [{value: 'What?'}, {value: 'cat'}]})
    const [sample] = await samplesOf(await dataOf({'m.yaml': text, 'i.jsonl': row}, 'm.yaml'))
    expect(sample).toEqual({id: '1', question: 'What?', gold: 'cat', images: []})
  })

  test('is the same benchmark wherever it lies, and another one when its fields change', async () => {
    const identity = async (text: string) => (await dataOf({...files, 'mine.yaml': text}, 'mine.yaml')).identity()
    const before = await identity(whole)
    expect(await identity(`# moved\n${whole.replace('Mine', 'Other title')}`)).toEqual(before)
    const other = await identity(whole.replace('answerIndex: 1', '').replace('options: [A, B]', 'options: null'))
    expect(other.definitionSha256).not.toBe(before.definitionSha256)
    expect(other.dataSha256).toBe(before.dataSha256)
  })
})

describe('what a definition gets wrong is told with its line', () => {
  const cases: readonly (readonly [string, string, string, string])[] = [
    [
      'a key',
      'id: m\ndata: i.jsonl\nfields:\n  anwser: a\n',
      'm.yaml:4:3: there is no key "fields.anwser".',
      'Did you mean "answer"?',
    ],
    [
      'a value',
      'id: m\ndata: i.jsonl\nscoring: {metric: acuracy}\n',
      'm.yaml:3:11: "scoring.metric" is not one of',
      'Did you mean "accuracy"?',
    ],
    [
      'a headline',
      'id: m\ndata: i.jsonl\nscoring:\n  headline: mikro\n',
      'm.yaml:4:3: "scoring.headline" has none',
      'micro (default), macro, group',
    ],
    ['no data', 'id: m\n', 'm.yaml:1:1: "data" is missing.', 'guide/your-own-benchmark.md'],
    ['an id', 'id: My Bench\ndata: i.jsonl\n', 'm.yaml:1:1: "id": is made of lower-case letters', ''],
    ['a template', 'id: m\ndata: i.jsonl\nprompt: "{{ q }}"\n', 'm.yaml:3:1: "prompt":', 'It may use question'],
    ['YAML', 'id: m\ndata: [\n', 'm.yaml:3:1: not valid YAML', ''],
    ['a list', '- id\n', 'm.yaml:1:1: not a list of keys', ''],
  ]
  test.each(cases)('%s', async (_, text, message, suggestion) => {
    const error = await dataOf({'m.yaml': text}, 'm.yaml').catch((thrown: LanternError) => thrown)
    expect(error).toMatchObject({code: 'bad-config', message: expect.stringContaining(message)})
    expect((error as LanternError).suggestion).toContain(suggestion)
  })

  test('a column that the data do not have', async () => {
    const text = 'id: m\ndata: i.jsonl\nfields:\n  answer: anwser\n'
    const error = dataOf({'m.yaml': text, 'i.jsonl': lines({question: 'q', answer: 'a'})}, 'm.yaml')
    await expect(error).rejects.toMatchObject({
      code: 'bad-config',
      message: 'm.yaml:4:3: "answer": i.jsonl has no column "anwser".',
      suggestion: expect.stringContaining('Did you mean "answer"?'),
    })
  })

  test('data without a question, without rows, and not there', async () => {
    await expect(dataOf({'i.jsonl': lines({a: 1})}, 'i.jsonl')).rejects.toThrow(
      'i.jsonl has no column with the question',
    )
    await expect(dataOf({'i.jsonl': ''}, 'i.jsonl')).rejects.toThrow('i.jsonl holds no rows.')
    await expect(dataOf({}, 'i.jsonl')).rejects.toMatchObject({code: 'data-absent'})
  })
})

describe('a row that cannot be used is told with file and row, and costs only itself', () => {
  const good = {id: 'good', image: 'a.png', question: 'q', options: ['x', 'y'], answer: 'A'}
  const cases: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
    [
      'a letter that another option says',
      {options: ['B', 'x'], answer: 'B'},
      '"answer" is "B", which is the letter B and the text of option A',
    ],
    [
      'an answer that is no option',
      {answer: 'z'},
      '"answer" is "z", which is neither a letter nor the text of one of its 2 options',
    ],
    ['a number without a base', {answer: 1}, '"answer" is "1", which is neither a letter nor the text'],
    ['a letter beyond the options', {answer: 'C'}, '"answer" is "C", which is neither a letter'],
    ['several right options', {answer: ['A', 'B']}, '"answer" names 2 options; one is right'],
    ['options that are none', {options: 'red or blue'}, '"options" is neither a list, nor JSON, nor lettered lines'],
    ['an empty option', {options: ['x', '', 'y']}, 'the option B is empty'],
    ['one option', {options: ['x']}, 'the option letters are A'],
    ['two right options', {options: ['x', 'x'], answer: 'A'}, 'the right option "x" is there 2 times'],
    ['no question', {question: ' '}, '"question" is empty'],
    ['no id', {id: null}, '"id" is empty'],
  ]
  test.each(cases)('%s', async (_, change, message) => {
    const data = await dataOf({'i.jsonl': lines(good, {...good, id: 'bad', ...change})}, 'i.jsonl')
    const [problem] = await problemsOf(data)
    expect(problem!.message).toContain(message)
    expect(problem!.message).toMatch(/^i\.jsonl:2[:,] /)
    await expect(data.keys()).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringMatching(/^i\.jsonl:2[:,] /),
    })
  })

  test('an id that two rows have, with both rows', async () => {
    const data = await dataOf({'i.jsonl': lines(good, {...good, id: 'other'}, {...good, question: 'r'})}, 'i.jsonl')
    await expect(data.keys()).rejects.toThrow('i.jsonl:3: the id "good" is that of i.jsonl:1 too.')
    expect((await problemsOf(data)).map(({message}) => message)).toEqual([
      'i.jsonl:3, sample good: i.jsonl:1 has the same id.',
    ])
  })

  test('an index outside its base', async () => {
    const text = 'id: m\ndata: i.jsonl\nanswerIndex: 1\n'
    const data = await dataOf(
      {'m.yaml': text, 'i.jsonl': lines({...good, answer: 0}, {...good, id: 2, answer: '2'})},
      'm.yaml',
    )
    expect((await problemsOf(data)).map(({message}) => message)).toEqual([
      'i.jsonl:1: "answer" is 0, which is no index of 2 options (answerIndex: 1).',
    ])
  })

  test('an answer under the metric number that is none, and a box of a width', async () => {
    const text = 'id: m\ndata: i.jsonl\nscoring: {metric: number}\n'
    const open = {id: 1, question: 'q', answer: '5-10'}
    const data = await dataOf(
      {'m.yaml': text, 'i.jsonl': lines(open, {...open, answer: 3, boxes: [[5, 5, 2, 2]]})},
      'm.yaml',
    )
    expect((await problemsOf(data)).map(({message}) => message)).toEqual([
      'i.jsonl:1: "answer" is "5-10", which is not one number.',
      'i.jsonl:2: "boxes" is not a list of boxes [x1, y1, x2, y2] with x1 < x2 and y1 < y2.',
    ])
  })

  test('a picture that is not there: the sample is an error and is never asked without it', async () => {
    const data = await dataOf(
      {'i.jsonl': lines(good, {...good, id: 'bad', image: 'none.png'}, {...good, id: 'no', image: null})},
      'i.jsonl',
    )
    expect((await problemsOf(data)).map(({kind}) => kind)).toEqual(['missing-image', 'missing-image'])
    const [, absent, none] = await collect(data.samples())
    await expect(absent!.images[0]!.bytes()).rejects.toMatchObject({code: 'data-absent'})
    await expect(none!.images[0]!.bytes()).rejects.toThrow('has 0 of 1 pictures')
  })
})

test('what was recognised is told in one sentence', async () => {
  const row = {index: 1, img: 'a.png', query: 'q\n(A) x\n(B) y', answer: 'A'}
  const data = await dataOf({'i.jsonl': lines(row)}, 'i.jsonl')
  expect(data.notes).toEqual([
    'mine: took id from "index"; question from "query"; image from "img"; answer (i.jsonl).',
    'mine: options stand inside the question (i.jsonl:1) and are left there; `options: query` under fields takes them out.',
  ])
  const declared =
    'id: m\ndata: i.jsonl\nfields: {id: index, image: img, question: query, options: query, answer: answer}\n'
  expect((await dataOf({'m.yaml': declared, 'i.jsonl': lines(row)}, 'm.yaml')).notes).toEqual([])
})

test('a name alone does not make a column fit', async () => {
  const row = (id: number) => ({
    id,
    image: 17,
    image_path: 'a.png',
    group: 'animals',
    question: 'q',
    answer: 'x',
    correct: true,
  })
  const rows = Array.from({length: 12}, (_, id) => row(id))
  const [sample] = await collect((await dataOf({'i.jsonl': lines(...rows)}, 'i.jsonl')).samples())
  expect([sample!.images[0]!.source, sample!.group, sample!.gold]).toEqual(['a.png', undefined, 'x'])
  const pairs = rows.map(item => ({...item, group: item.id >> 1}))
  const [first, second] = await collect((await dataOf({'i.jsonl': lines(...pairs)}, 'i.jsonl')).samples())
  expect([first!.group, second!.group]).toEqual(['0', '0'])
})

test('samples with the same picture path share a cluster', async () => {
  const rows = ['a.png', 'a.png', 'b.png', base64].map((image, id) => ({id, image, question: 'q', answer: 'x'}))
  const samples = await collect((await dataOf({'i.jsonl': lines(...rows)}, 'i.jsonl')).samples())
  expect(samples.map(({cluster}) => cluster)).toEqual(['a.png', 'a.png', 'b.png', undefined])
})
