// Small data of the benchmarks that ship as definitions, in each layout that they are published in: the columns of the
// real files, with drawn content.
import {mkdir, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {type Column, writeParquet} from './parquet.js'

/** A grey PNG of one pixel, and the same as base64. */
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=='
const png = Buffer.from(pixel, 'base64')

type Row = Readonly<Record<string, string | number | readonly string[] | null>>

/** One published form of the data: the files, by their paths, each with its rows. */
interface Form {
  readonly files: Readonly<Record<string, readonly Row[]>>
  /** Columns of parquet that hold a picture as the hub has it; in a tsv, pictures are base64. */
  readonly pictures?: readonly string[]
  /** Pictures beside the data, by their paths. */
  readonly beside?: readonly string[]
}

const letters = ['A', 'B', 'C', 'D', 'E']
const rows = (count: number, row: (index: number) => Row): Row[] =>
  Array.from({length: count}, (_, index) => row(index))
const letterAt = (index: number, of = 4) => letters[index % of]!

/** Four rotations of each question, as HR-Bench has them: the options move, and the right letter with them. */
function rotations(questions: number): Row[] {
  const texts = ['red', 'blue', 'green', 'grey']
  return rows(questions * 4, index => {
    const [question, turn] = [index % questions, Math.floor(index / questions)]
    const options = texts.map((_, place) => `${texts[(place + turn) % 4]} ${Math.floor(question / 2)}`)
    return {
      index,
      question: `What colour is the sign?${question % 2 === 0 ? '' : ' Look closely.'}`,
      answer: letters[(4 - turn) % 4]!,
      category: question < questions / 2 ? 'single' : 'cross',
      ...Object.fromEntries(options.map((text, place) => [letters[place]!, text])),
      cycle_category: turn,
      image: pixel,
    }
  })
}

/** `corrected` are the ids whose answers were changed after the publication of MMVP. */
function pairs(count: number, isNew: boolean): Row[] {
  const corrected = [99, 100, 279, 280]
  return rows(count, index => {
    const number = index + 1
    const right = corrected.includes(number) === isNew ? number % 2 : 1 - (number % 2)
    return {
      Index: number,
      Question: `Is the door of house ${Math.floor(index / 2)} open?`,
      Options: '(a) Open (b) Closed',
      'Correct Answer': corrected.includes(number) ? (right === 1 ? '(b)' : '(a)') : right === 1 ? '(a)' : '(b)',
    }
  })
}

function mmstarQuestion(index: number): string {
  const forms = [
    'What is shown?\nOptions: A: a cat, B: a dog, on a mat, C: a bus, D: a tree',
    'Hint: Answer with the letter.\nQuestion: How many?\nChoices:\n(A) 1\n(B) 2\n(C) 3\n(D) 4',
    'Which one fits? The choices are in the picture.',
  ]
  return forms[index % forms.length]!
}
const capabilities = [
  ...['coarse perception', 'fine-grained perception', 'instance reasoning', 'logical reasoning'],
  ...['science & technology', 'math'],
]

function cvBench(source: string, count: number): Row[] {
  return rows(count, index => ({
    idx: index,
    question: 'How many chairs are in the image?',
    choices: ['1', '2', '3'],
    answer: `(${letterAt(index, 3)})`,
    prompt: 'How many chairs are in the image? Select from the following choices.\n(A) 1\n(B) 2\n(C) 3',
    source,
    task: 'Count',
  }))
}

const cvTable = (source: string, count: number, split: string) =>
  cvBench(source, count).map(({idx, choices, answer, ...row}) => {
    const [A, B, C] = choices as readonly string[]
    return {index: idx!, ...row, A: A!, B: B!, C: C!, answer: String(answer).slice(1, 2), split, image: pixel}
  })

const mmeOptions = ['(A) two', '(B) three', '(C) four', '(D) five', '(E) The image does not feature the object.']
const mme = (count: number) =>
  rows(count, index => ({
    index,
    question: 'How many boats are there?',
    answer: letterAt(index, 5),
    category: index % 2 === 0 ? 'Perception/Remote Sensing' : 'Reasoning/Monitoring',
    'l2-category': 'count',
    'multi-choice options': `['${mmeOptions.join("', '")}']`,
  }))

function realWorld(index: number): Row {
  const open = index % 3 === 2
  return {
    question: open
      ? 'How many pedestrians are there? Please answer directly with a single word or number.'
      : 'Which way is free?\n\nA. left\nB. right\nC. none\nPlease answer directly with only the letter of the correct option and nothing else.',
    answer: open ? '2' : letterAt(index, 3),
  }
}

const puzzle = (index: number): Row => ({
  id: index,
  category: ['Algorithmic', 'Spatial'][index % 2]!,
  question: 'Which piece completes the figure?',
  options: index % 2 === 0 ? ['one', 'two', 'three', 'four'] : null,
  answer: letterAt(index),
})

const withPicture = (list: readonly Row[]) => list.map(row => ({...row, image: pixel}))

/** How large each published set is written: all of a set whose counts are known, and a few rows of the others. */
export const forms: Readonly<Record<string, Readonly<Record<string, Form>>>> = {
  'hrbench-4k': {
    parquet: {files: {'hr_bench_4k.parquet': rotations(200)}},
    'vlmevalkit-tsv': {files: {'HRBench4K.tsv': rotations(200)}},
    'hub-tsv': {files: {'hr_bench_4k.tsv': rotations(200)}},
  },
  'hrbench-8k': {
    parquet: {files: {'hr_bench_8k.parquet': rotations(200)}},
    'vlmevalkit-tsv': {files: {'HRBench8K.tsv': rotations(200)}},
    'hub-tsv': {files: {'hr_bench_8k.tsv': rotations(200)}},
  },
  mmvp: {
    csv: {
      files: {'Questions.csv': pairs(300, false)},
      beside: rows(300, index => ({index})).map(({index}) => `MMVP Images/${Number(index) + 1}.jpg`),
    },
    parquet: {files: {'data/train-00000-of-00001.parquet': withPicture(pairs(300, true))}, pictures: ['image']},
    'vlmevalkit-tsv': {
      files: {
        'MMVP.tsv': pairs(300, true).map(row => ({
          index: Number(row['Index']) - 1,
          image: pixel,
          question: row['Question']!,
          A: 'Open',
          B: 'Closed',
          answer: row['Correct Answer'] === '(a)' ? 'A' : 'B',
        })),
      },
    },
  },
  'mme-realworld-lite': {
    tsv: {files: {'mme_realworld_lite.tsv': withPicture(mme(10))}},
    'vlmevalkit-tsv': {files: {'MME-RealWorld-Lite.tsv': withPicture(mme(10))}},
    parquet: {files: {'data/train-00000-of-00004.parquet': mme(10).map(row => ({...row, bytes: pixel}))}},
  },
  mmstar: {
    parquet: {
      files: {
        'mmstar.parquet': rows(1500, index => ({
          index,
          question: mmstarQuestion(index),
          image: pixel,
          answer: letterAt(index),
          category: capabilities[Math.floor(index / 250)]!,
          l2_category: 'recognition',
        })),
      },
      pictures: ['image'],
    },
    'vlmevalkit-tsv': {
      files: {
        'MMStar.tsv': rows(1500, index => ({
          index,
          question: mmstarQuestion(index),
          image: pixel,
          answer: letterAt(index),
          category: capabilities[Math.floor(index / 250)]!,
          'l2-category': 'recognition',
        })),
      },
    },
  },
  'cv-bench': {
    parquet: {
      files: {
        'test_2d.parquet': withPicture([...cvBench('ADE20K', 633), ...cvBench('COCO', 805)]),
        'test_3d.parquet': withPicture(cvBench('Omni3D', 1200)),
      },
      pictures: ['image'],
    },
    'vlmevalkit-tsv': {
      files: {
        'CV-Bench-2D.tsv': [...cvTable('ADE20K', 633, '2D'), ...cvTable('COCO', 805, '2D')],
        'CV-Bench-3D.tsv': cvTable('Omni3D', 1200, '3D'),
      },
    },
  },
  realworldqa: {
    parquet: {
      files: {
        'data/test-00000-of-00002.parquet': withPicture(rows(400, realWorld)),
        'data/test-00001-of-00002.parquet': withPicture(rows(365, realWorld)),
      },
      pictures: ['image'],
    },
    'vlmevalkit-tsv': {
      files: {
        'RealWorldQA.tsv': rows(765, index => ({
          index,
          image: pixel,
          question: 'Which way is free?',
          A: 'left',
          B: 'right',
          C: index % 3 === 0 ? null : 'none',
          answer: letterAt(index, 2),
        })),
      },
    },
  },
  visualpuzzles: {
    parquet: {files: {'data/train-00000-of-00001.parquet': withPicture(rows(12, puzzle))}, pictures: ['image']},
    'vlmevalkit-tsv': {
      files: {
        'VisualPuzzles.tsv': withPicture(
          rows(12, puzzle).map(({id, options, ...row}) => ({
            index: id!,
            ...row,
            options: options === null ? null : `['${(options as readonly string[]).join("', '")}']`,
          })),
        ),
      },
    },
  },
}

/** Writes one form of a benchmark below a folder, and returns the paths of its files. */
export async function writeForm(id: string, layout: string, folder: string): Promise<string[]> {
  const {files, pictures = [], beside = []} = forms[id]![layout]!
  for (const [path, list] of Object.entries(files)) {
    const target = join(folder, path)
    await mkdir(dirname(target), {recursive: true})
    if (path.endsWith('.parquet')) writeParquet(target, columnsOf(list, pictures), {rowGroupSize: 500})
    else await writeFile(target, table(list, path.endsWith('.csv') ? ',' : '\t'))
  }
  for (const path of beside) {
    await mkdir(dirname(join(folder, path)), {recursive: true})
    await writeFile(join(folder, path), png)
  }
  return [...Object.keys(files), ...beside]
}

function columnsOf(list: readonly Row[], pictures: readonly string[]): Column[] {
  return Object.keys(list[0]!).map((name): Column => {
    const data = list.map(row => row[name] ?? null)
    const sample = data.find(value => value !== null)
    if (pictures.includes(name))
      return {
        name,
        type: 'picture',
        data: data.map(value => ({bytes: Buffer.from(String(value), 'base64'), path: null})),
      }
    if (Array.isArray(sample)) return {name, type: 'texts', data: data as string[][]}
    return typeof sample === 'number'
      ? {name, type: 'number', data: data as number[]}
      : {name, type: 'text', data: data as string[]}
  })
}

function table(list: readonly Row[], separator: string): string {
  const cell = (value: Row[string] | undefined) => {
    const text = String(value ?? '')
    return /["\n\r\t,]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  const names = Object.keys(list[0]!)
  return [names, ...list.map(row => names.map(name => row[name]))]
    .map(cells => `${cells.map(cell).join(separator)}\n`)
    .join('')
}
