// VisCoT (Shao et al. 2024): open questions with one box of evidence each, 13 data sets of which 11 are scored.
// Layouts: the official benchmark/*.json with benchmark_det/*.jsonl, with or without pictures; LanteRn's rewrite with
// four options (viscot-options.ts).
// Schemas and counts: deepcs233/Visual-CoT 83212ae, viscot_benchmark/, tools/cot_get_result.py.
import {basename, dirname, extname, join} from 'node:path'
import {areaOf, padToSquare} from '../core/box.js'
import {LanternError} from '../core/errors.js'
import {limitInAllModes, type PromptForm} from '../core/prompt-form.js'
import type {Box, Sample} from '../core/sample.js'
import type {Benchmark, DataProblem, DataSet, LoadOptions, Submission, SubmissionAnswer} from './benchmark.js'
import {type DataSource, dataSetOf} from './data-set.js'
import {defineBenchmark} from './define.js'
import {fileSha256, findFiles, hasFile, imageFile} from './sources/files.js'
import {attempt, optionalText, type Row, text, wrongField} from './sources/row.js'
import {openTable} from './sources/table.js'
import {viscotFiles, viscotPull} from './viscot-files.js'
import {isOptionsFile, optionsLayout} from './viscot-options.js'

/** Name, items, and whether the official score counts it. */
const dataSets: readonly (readonly [string, number, boolean])[] = [
  ['cub', 492, true],
  ['docvqa', 888, true],
  ['dude', 603, true],
  ['emotic', 656, false],
  ['flickr30k', 1546, true],
  ['gqa', 978, true],
  ['infographicsvqa', 360, true],
  ['openimages', 945, true],
  ['sroie', 686, true],
  ['textcap', 853, true],
  ['textvqa', 526, true],
  ['visual7w', 1000, false],
  ['vsr', 404, true],
]

/** The question as it is; the options of LanteRn's rewrite as LanteRn writes them. */
const bare: PromptForm = {
  text: '{question}',
  choices: '{question}\nOptions:\n{options}',
  option: '{letter}. {text}',
  images: 'first',
}

export const viscot: Benchmark = defineBenchmark({
  id: 'viscot',
  title: 'VisCoT',
  aliases: ['viscot', 'visualcot'],
  subtasks: dataSets.map(([name, val]) => ({name, expected: {val}})),
  splits: ['val'],
  defaultSplit: 'val',
  scoring: {
    answer: 'open',
    metric: 'match',
    aggregate: 'macro',
    headline: dataSets.filter(([, , scored]) => scored).map(([name]) => name),
    judge: 'viscot_official',
  },
  prompts: {
    'lantern-eval': bare,
    // Options exactly as in LanteRn's file, including its two kinds of prefixes.
    lantern: {
      ...bare,
      choices: '{prompt}',
      fallback: bare.choices!,
      exact: true,
      maxNewTokens: limitInAllModes(512),
    },
    // llava/eval/model_cot_loader.py without --with-cot: what stands before the request for a box, its blank included.
    // With it: llava/eval/model_cot_det_loader.py asks for the box, in lower case and with a full stop after any sign.
    'viscot-official': {
      ...bare,
      text: '{question} ',
      exact: true,
      crop: {
        box: '{lower_question}. Please provide the bounding box coordinate of the region that can help you answer the question better.',
        before: '{question}',
        after: 'Please answer the question based on the original image and local detail image.{question} ',
      },
      maxNewTokens: limitInAllModes(128),
    },
  },
  // scripts/v1_5/eval/cot_benchmark.sh; many gold answers are sentences, which 16 tokens cannot hold.
  maxNewTokens: {direct: 128},
  submission,
  submissionForm:
    'a file of lines for each data set, as the official judge script reads them; gqa.jsonl: {"question_id": 1, "text": "a red bus"}',
  origin: {
    repo: 'deepcs233/Visual-CoT',
    revision: '83212ae474ab46b70048a6df6a386cff6589ff92',
    licence: 'Apache-2.0 (pictures: their own)',
    url: 'https://github.com/deepcs233/Visual-CoT/tree/main/viscot_benchmark',
    pull: viscotPull,
  },
  load,
}).part

/** The folder of all pictures. It holds hundreds of thousands of files, so it is never searched. */
const pictureFolder = 'cot'

async function load(path: string, {split, imageRoot}: LoadOptions): Promise<DataSet> {
  const files = await findFiles(path, name => ['.json', '.jsonl'].includes(extname(name)), [pictureFolder])
  const records = files.filter(file => extname(file) === '.json' && isDataSet(file))
  if (records.length > 0)
    return dataSetOf({benchmark: viscot, split, root: path, ...officialLayout(path, files, records)})
  for (const file of files) {
    if (extname(file) === '.jsonl' && !isDataSet(file) && (await isOptionsFile(file))) {
      return dataSetOf({
        split,
        root: path,
        ...(await optionsLayout(viscot, file, {root: pictureRoot(path), imageRoot})),
      })
    }
  }
  throw new LanternError(
    'data-absent',
    `${path} holds no VisCoT data.`,
    'Give the folder with benchmark/*.json and benchmark_det/*.jsonl (and cot/ for the pictures); or run `lantern-eval bench pull viscot`.',
  )
}

function isDataSet(file: string): boolean {
  return dataSets.some(([name]) => name === nameOf(file))
}

function nameOf(file: string): string {
  return basename(file, extname(file))
}

/** The folder that holds cot/, or undefined: the data folder, the official scripts' folder, or the parent. */
function pictureRoot(path: string): string | undefined {
  return [path, join(path, 'playground', 'data'), dirname(path)].find(root => hasFile(root, pictureFolder))
}

type Layout = Pick<DataSource, 'layout' | 'hasImages' | 'files' | 'read' | 'check' | 'published'>

/**
 * One item of the official files: the record with its conversation, and the detection record of the same id, if any.
 */
interface Pair {
  readonly dataSet: string
  readonly row: Row
  readonly detection: Row | undefined
}

function officialLayout(root: string, found: readonly string[], records: readonly string[]): Layout {
  const detections = found.filter(file => extname(file) === '.jsonl' && isDataSet(file))
  const pictures = pictureRoot(root)
  const pairs = async function* (): AsyncGenerator<Pair | LanternError> {
    for (const file of records)
      yield* pairsOf(
        root,
        file,
        detections.find(candidate => nameOf(candidate) === nameOf(file)),
      )
  }
  const read = async function* (): AsyncGenerator<Sample | LanternError> {
    for await (const pair of pairs())
      yield pair instanceof LanternError ? pair : await attempt(() => sampleOf(pair, pictures))
  }
  const check = async function* (): AsyncGenerator<DataProblem> {
    const asked = new Set<string>()
    for await (const pair of pairs()) if (!(pair instanceof LanternError)) yield* quirksOf(pair, asked)
  }
  // The 13 files are published with their hashes, which prove a copy.
  const published = async () => {
    const hashes = new Set(await Promise.all(records.map(fileSha256)))
    return viscotFiles.every(({path, sha256}) => extname(path) !== '.json' || hashes.has(sha256))
  }
  const files = [...records, ...detections].sort()
  return {layout: 'official', hasImages: pictures !== undefined, files, read, check, published}
}

/** The items of one data set. */
async function* pairsOf(
  root: string,
  file: string,
  detectionFile: string | undefined,
): AsyncGenerator<Pair | LanternError> {
  const detections = new Map<string, Row>()
  if (detectionFile !== undefined) {
    for await (const row of (await openTable(detectionFile, {root})).rows()) {
      if (row instanceof LanternError) yield row
      else detections.set(optionalText(row, 'question_id') ?? '', row)
    }
  }
  for await (const row of (await openTable(file, {root})).rows())
    yield row instanceof LanternError
      ? row
      : {dataSet: nameOf(file), row, detection: detections.get(optionalText(row, 'question_id') ?? '')}
}

const boxRequest =
  / Please provide the bounding box coordinate of the region that can help you answer the question better\.$/

/** The four turns of a record: question with box request, box, empty turn, answer. */
function turnsOf(row: Row): string[] {
  const turns = row.values['conversations']
  if (!Array.isArray(turns) || turns.length !== 4) throw wrongField(row, 'conversations', 'is not a list of four turns')
  return turns.map((turn, k) =>
    text({...row, values: {[`conversations[${k}]`]: Object(turn).value}}, `conversations[${k}]`),
  )
}

/** `path` and `path###[x1, y1, x2, y2]` of the `image` field. */
function imageOf(row: Row): {readonly path: string; readonly box: Box} {
  const [path, marked] = Array.isArray(row.values['image']) ? row.values['image'] : []
  const box = typeof marked === 'string' ? boxOf(marked.split('###')[1]) : undefined
  if (typeof path !== 'string' || !box) throw wrongField(row, 'image', 'is not a path and a path with its box')
  return {path, box}
}

/** `[x1, y1, x2, y2]` as text. */
function boxOf(list: string | undefined): Box | undefined {
  const numbers =
    list === undefined
      ? []
      : list
          .replace(/^\s*\[|\]\s*$/g, '')
          .split(',')
          .map(Number)
  return numbers.length === 4 && numbers.every(Number.isFinite) ? (numbers as unknown as Box) : undefined
}

function detectedBox(row: Row): Box {
  const box = row.values['bbox']
  if (!Array.isArray(box) || box.length !== 4 || !box.every(Number.isFinite))
    throw wrongField(row, 'bbox', 'is not a list of four numbers')
  return box as unknown as Box
}

function sampleOf({dataSet, row, detection}: Pair, pictures: string | undefined): Sample {
  const [asked, , , answer] = turnsOf(row)
  const {path, box} = imageOf(row)
  // visual7w's pictures have a different folder name in each file; whichever folder exists is used.
  const other = detection && optionalText(detection, 'img_path')
  const picture = pictures !== undefined && other !== undefined && !hasFile(pictures, path) ? other : path
  const size = detection && {width: detection.values['width'], height: detection.values['height']}
  return {
    id: `${dataSet}/${text(row, 'question_id')}`,
    benchmark: 'viscot',
    subtask: dataSet,
    images: pictures === undefined ? [] : [imageFile(pictures, picture)],
    question: asked!.replace(/^<image>\n/, '').replace(boxRequest, ''),
    gold: answer!,
    boxes: [detection ? detectedBox(detection) : box],
    cluster: path,
    ...(size && {extra: size}),
  }
}

// --- submission -----------------------------------------------------------------------------------------------------

/**
 * One file of answers per data set, as the official judge reads them (llava/eval/eval_cot_score.py, --result-file).
 * Throws `unsupported` for four-option items.
 */
function submission(answers: readonly SubmissionAnswer[]): Submission {
  const lines = new Map<string, string[]>()
  for (const {id, text: answer} of answers) {
    const [dataSet, question] = id.split('/')
    if (question === undefined)
      throw new LanternError(
        'unsupported',
        'Four-option items are not part of the official VisCoT scores.',
        'Run on the official files.',
      )
    const list = lines.get(dataSet!) ?? []
    list.push(`${JSON.stringify({question_id: Number(question), text: answer})}\n`)
    lines.set(dataSet!, list)
  }
  return {
    files: [...lines].map(([dataSet, list]) => ({name: `${dataSet}.jsonl`, content: list.join('')})),
    unanswered: answers.filter(({text: answer}) => answer.trim() === '').length,
  }
}

// --- what verify says of the official files -------------------------------------------------------------------------

/**
 * Largest difference between the normalised box of a record and the detection box: three decimals, and rounding to
 * pixels (seen: 0.0016).
 */
const boxTolerance = 0.002

/** @param seen data set, picture and question of every item so far */
function* quirksOf({dataSet, row, detection}: Pair, seen: Set<string>): Generator<DataProblem> {
  const id = `${dataSet}/${optionalText(row, 'question_id') ?? '?'}`
  const said = (severity: DataProblem['severity'], kind: string, message: string): DataProblem => ({
    id,
    kind,
    message: `${id}: ${message}.`,
    severity,
  })
  let turns: string[]
  let image: {readonly path: string; readonly box: Box}
  let box: Box | undefined
  try {
    turns = turnsOf(row)
    image = imageOf(row)
    box = detection && detectedBox(detection)
  } catch {
    // The shared checks have reported the broken record.
    return
  }
  const [asked, square, , answer] = turns
  const question = asked!.replace(/^<image>\n/, '').replace(boxRequest, '')
  if (answer!.trim() === '') yield said('note', 'empty-answer', 'the gold answer is empty')
  if (question !== question.trim()) yield said('note', 'stray-spaces', 'the question has stray spaces')
  const item = JSON.stringify([dataSet, image.path, question])
  if (seen.has(item)) yield said('note', 'duplicate-question', 'the same question was asked of the same picture before')
  seen.add(item)
  if (!box || !detection) {
    yield said('problem', 'no-detection', 'no detection record has this id')
    return
  }
  if (detection.values['expression'] !== question)
    yield said('problem', 'question-differs', 'the two files ask different questions')
  const [width, height] = [Number(detection.values['width']), Number(detection.values['height'])]
  const normalised = padToSquare(box, width, height).map(value => value / Math.max(width, height))
  const given = boxOf(square)
  if (box.some((value, k) => Math.trunc(value) !== image.box[k]))
    yield said('problem', 'box-differs', `the boxes [${image.box}] and [${box}] differ`)
  if (!given || normalised.some((value, k) => Math.abs(value - given[k]!) > boxTolerance)) {
    yield said('problem', 'box-differs', `the normalised box ${square} is not [${box}]`)
  }
  if (areaOf(box) === 0) yield said('note', 'degenerate-box', `the box [${box}] is empty and can never be found`)
  // Some sources count an inclusive corner one pixel beyond the far edge.
  if (box[0] < 0 || box[1] < 0 || box[2] > width + 1 || box[3] > height + 1) {
    yield said('note', 'box-outside', `the box [${box}] reaches beyond the ${width} x ${height} picture`)
  }
}
