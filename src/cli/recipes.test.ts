// Every recipe against what its peer's code builds: the whole request, as it arrives at an endpoint. The expected texts
// are literals, read in the peers' files that each test names, and made without our own forms.
import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {Config} from '@oclif/core'
import Ajv from 'ajv/dist/2020.js'
import sharp from 'sharp'
import {z} from 'zod'
import {folderOf, png} from '../../test/support/data.js'
import {type OpenAIServer, startOpenAIServer} from '../../test/support/openai-server.js'
import {writeParquet} from '../../test/support/parquet.js'
import type {LanternError} from '../core/errors.js'
import {evaluate} from '../evaluation/evaluate.js'
import {prepare} from '../evaluation/prepare.js'
import type {RunSpec} from '../evaluation/spec.js'
import {recipeNamed, recipeNames} from '../modes/recipes/index.js'
import {readRun} from '../reports/read-run.js'
import {resultTable} from '../reports/result-table.js'
import {readLock, settledRecords} from '../run-folder/reader.js'
import {BaseCommand} from './base-command.js'
import {openRecipe, recipeFileSchema, recipeSettings} from './recipes.js'
import {toSpec} from './run-spec.js'
import {flagsOf} from './settings/flags.js'
import {runSettings} from './settings/index.js'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** `run` up to its specification. Errors come out as they are. */
class Specify extends BaseCommand<typeof Specify> {
  static override flags = flagsOf(runSettings, {grouped: true})
  static override id = 'run'

  async run(): Promise<RunSpec> {
    return toSpec(this.flags, {LANTERN_EVAL_CACHE_DIR: join(folder, 'cache')})
  }

  override async catch(error: Error): Promise<void> {
    throw error
  }
}

let oclif: Config
let folder: string
let server: OpenAIServer
let reply: string
/** What the model says to the n-th request, where that is not `reply`. */
let says: ((body: unknown, index: number) => string) | undefined
let promptLogProbs: (body: unknown) => readonly (readonly [string, number])[] | undefined
beforeAll(async () => {
  oclif = await Config.load(root)
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recipes-'))
  reply = 'B'
  says = undefined
  promptLogProbs = () => undefined
  server = await startOpenAIServer({
    behave: ({body, index}) => ({
      kind: 'answer',
      text: says?.(body, index) ?? reply,
      promptLogProbs: promptLogProbs(body),
    }),
  })
})
afterEach(async () => {
  await server.close()
  await rm(folder, {recursive: true, force: true})
})

const specified = (...args: string[]) => Specify.run(args, oclif) as unknown as Promise<RunSpec>

/** Runs a recipe on data, and returns what the endpoint was asked first. */
async function asked(recipe: string, bench: string, data: string, ...more: string[]) {
  const model = ['--model', 'openai:m', '--base-url', server.url, '--data', data, '--bench', bench]
  const args = ['--recipe', recipe, ...model, '--out', join(folder, 'run'), '--no-cache', ...more]
  const prepared = await prepare(await specified(...args), () => {})
  try {
    await evaluate(prepared, () => {}, new AbortController().signal)
  } finally {
    await prepared.close()
  }
  return server.requests[0]!.body!
}

const tableOf = async (dir: string) => resultTable([await readRun(dir)])

/** A body with every picture by its file's first bytes only. */
function readable(body: unknown): unknown {
  const text = JSON.stringify(body)
  return JSON.parse(text.replace(/"data:(image\/\w+);base64,[^"]*"/g, '"$1"'))
}

const picture = {type: 'image_url', image_url: {url: 'image/png'}}

/** A PNG of one colour. */
const coloured = (width: number, height: number, background: string) =>
  sharp({create: {width, height, channels: 3, background}})
    .png()
    .toBuffer()

// --- data -----------------------------------------------------------------------------------------------------------

/** One item of a BLINK subtask in the layout of the hub. */
async function blinkData(
  subtask: string,
  {question, prompt, choices}: {question: string; prompt: string; choices: string[]},
  pictures: readonly Uint8Array[] = [png],
): Promise<string> {
  const data = join(folder, 'blink')
  await mkdir(join(data, subtask), {recursive: true})
  writeParquet(join(data, subtask, 'val-00000-of-00001.parquet'), [
    {name: 'idx', type: 'text', data: [`val_${subtask}_1`]},
    {name: 'question', type: 'text', data: [question]},
    {name: 'sub_task', type: 'text', data: [subtask]},
    {name: 'choices', type: 'texts', data: [choices]},
    {name: 'answer', type: 'text', data: ['(B)']},
    {name: 'prompt', type: 'text', data: [prompt]},
    ...pictures.map((bytes, k) => ({
      name: `image_${k + 1}`,
      type: 'picture' as const,
      data: [{bytes, path: `${k}.png`}],
    })),
  ])
  return data
}

// Real records (design/benchmarks.md 2.2).
const spatial = () =>
  blinkData('Spatial_Relation', {
    question: 'Is the car beneath the cat?',
    prompt: 'Is the car beneath the cat?\nSelect from the following choices.\n(A) yes\n(B) no',
    choices: ['yes', 'no'],
  })
const jigsaw = (pictures: readonly Uint8Array[] = [png, png, png]) =>
  blinkData(
    'Jigsaw',
    {
      question: 'Which image is the missing part in the first image?',
      prompt:
        'Given the first image, which one is the missing part?\nSelect from the following choices.\n\n(A) the second image\n(B) the third image\n',
      choices: ['the second image', 'the third image'],
    },
    pictures,
  )

const glove = (text = 'What is the material of the glove?\n(A) rubber\n(B) cotton\n(C) kevlar\n(D) leather') => {
  const instruction = "\nAnswer with the option's letter from the given choices directly."
  const row = {question_id: '0', category: 'direct_attributes', label: 'A', image: 'direct_attributes/sa_4690.jpg'}
  return folderOf(folder, {
    'test_questions.jsonl': `${JSON.stringify({...row, text: text + instruction})}\n`,
    'direct_attributes/sa_4690.jpg': png,
  })
}

const gqa = () =>
  folderOf(folder, {
    'benchmark/gqa.json': JSON.stringify([
      {
        dataset: 'gqa',
        split: 'val',
        question_id: 7,
        image: ['cot/gqa/2316539.jpg', 'cot/gqa/2316539.jpg###[217, 343, 242, 393]'],
        conversations: [
          {
            from: 'human',
            value:
              '<image>\nWhat are the tree branches in front of? Please provide the bounding box coordinate of the region that can help you answer the question better.',
          },
          {from: 'gpt', value: '[0.542, 0.686, 0.592, 0.786]'},
          {from: 'human', value: '<image>'},
          {from: 'gpt', value: 'window'},
        ],
      },
    ]),
    'cot/gqa/2316539.jpg': png,
  })

// --- what each peer sends -------------------------------------------------------------------------------------------

describe('lantern (GuilhermeViveiros/LanteRn: evals/viscot_blink_vstar_eval.py)', () => {
  // run_inference: pictures, then the text; no system message.
  test.each([
    ['blink:Spatial_Relation', spatial, 'Is the car beneath the cat?\nOptions:\nA. yes\nB. no\n'],
    ['vstar', glove, 'What is the material of the glove?\n(A) rubber\n(B) cotton\n(C) kevlar\n(D) leather'],
  ])('sends of %s the bare question, and no word more', async (bench, data, text) => {
    expect(
      readable(await asked('lantern', bench, await data(), '--max-pixels', '100000000', '--min-pixels', '784')),
    ).toEqual({
      model: 'm',
      messages: [{role: 'user', content: [picture, {type: 'text', text}]}],
      max_tokens: 512,
      temperature: 0,
    })
  })

  test('sends of its own VisCoT the options as they stand, with pictures from --image-root', async () => {
    const item = {question: 'What colour?', options: ['A. red', 'B) blue', 'C. green', 'D. grey'], answer: 'A, B'}
    const image = '/mnt/data-artemis/gviveiros/lantern/cot/gqa/1.jpg'
    const data = await folderOf(folder, {
      'viscot_mc_test.jsonl': `${JSON.stringify({...item, img_path: image, bbox: [[0, 0, 1, 1]]})}\n`,
    })
    const pictures = await folderOf(folder, {'cot/gqa/1.jpg': png})
    const body = await asked('lantern', 'viscot', data, '--image-root', pictures, '--min-pixels', '784')
    expect((readable(body) as typeof body).messages).toEqual([
      {
        role: 'user',
        content: [picture, {type: 'text', text: 'What colour?\nOptions:\nA. red\nB) blue\nC. green\nD. grey'}],
      },
    ])
    // The malformed gold can never be right, and the subtask comes from the path.
    expect(await settledRecords(join(folder, 'run'))).toMatchObject([{outcome: 'wrong', subtask: 'gqa', id: '0'}])
  })

  test('keeps pictures within 256 and 3500 patches of 28 x 28', async () => {
    const {runner} = await specified('--recipe', 'lantern', '--bench', 'blink', '--model', 'openai:m')
    expect(runner.common).toMatchObject({minPixels: 200_704, maxPixels: 2_744_000})
  })

  test('asks two subtasks of BLINK', async () => {
    const {benchmarks} = await specified('--recipe', 'lantern', '--bench', 'blink', '--model', 'openai:m')
    expect(benchmarks).toEqual([{id: 'blink', subtasks: ['Object_Localization', 'Spatial_Relation']}])
  })

  test('runs K of 8 by its own protocol, read by its own parser', async () => {
    const forBench = (bench: string) => specified('--recipe', 'lantern', '--bench', bench, '--model', 'openai:m')
    expect(await forBench('blink')).toMatchObject({protocol: 'lantern', latentSizes: [8], extractor: 'lantern_opts'})
    expect(await forBench('vstar')).toMatchObject({extractor: 'lantern_noopts'})
    await expect(specified('--recipe', 'lantern', '--bench', 'blink,vstar', '--model', 'openai:m')).rejects.toThrow(
      'another extractor for vstar than for blink',
    )
  })
})

test.each([
  // VincentLeebang/lvr: evaluation/evaluation.py
  [
    'blink:Spatial_Relation',
    spatial,
    "Is the car beneath the cat?\nOptions:\nA. yes\nB. no\n\nAnswer with the option's letter from the given choices directly.",
  ],
  [
    'vstar',
    glove,
    "What is the material of the glove?\n(A) rubber\n(B) cotton\n(C) kevlar\n(D) leather\nAnswer with the option's letter from the given choices directly.\nAnswer with the option's letter from the given choices directly.",
  ],
])('lvr sends of %s the instruction after the question', async (bench, data, text) => {
  expect(readable(await asked('lvr', bench, await data()))).toEqual({
    model: 'm',
    messages: [{role: 'user', content: [picture, {type: 'text', text}]}],
    max_tokens: 512,
    temperature: 0,
  })
})

describe('vlmevalkit (open-compass/VLMEvalKit)', () => {
  // vlmeval/dataset/image_mcq.py, build_prompt; vlmeval/vlm/qwen2_vl/model.py, max_new_tokens.
  test.each([
    [
      'blink',
      spatial,
      'Question: Is the car beneath the cat?\nOptions:\nA. yes\nB. no\nPlease select the correct answer from the options above. \n',
    ],
    [
      'vstar',
      glove,
      'Question: What is the material of the glove?\nOptions:\nA. rubber\nB. cotton\nC. kevlar\nD. leather\nPlease select the correct answer from the options above. \n',
    ],
  ])('sends of %s pictures and question, with the blank before the last line feed', async (bench, data, text) => {
    expect(readable(await asked('vlmevalkit', bench, await data(), '--min-pixels', '784'))).toEqual({
      model: 'm',
      messages: [{role: 'user', content: [picture, {type: 'text', text}]}],
      max_tokens: 2048,
      temperature: 0,
    })
  })

  test('sends several pictures one by one, in the order of the data', async () => {
    const three = await Promise.all(['#f00', '#0f0', '#00f'].map(colour => coloured(30, 30, colour)))
    const body = await asked('vlmevalkit', 'blink', await jigsaw(three), '--min-pixels', '784')
    const content = body.messages[0]!.content as {image_url?: {url: string}}[]
    expect(content.map(part => part.image_url?.url.split(',')[1])).toEqual([
      ...three.map(bytes => bytes.toString('base64')),
      undefined,
    ])
  })

  test('joins them at a height of 512 without a gap for models that take one picture', async () => {
    // rescale_img: int(512 / h * w); concat_images_vlmeval: from left to right at the top.
    const data = await jigsaw([
      await coloured(100, 200, '#f00'),
      await coloured(301, 100, '#0f0'),
      await coloured(64, 64, '#00f'),
    ])
    const body = await asked('vlmevalkit-one-picture', 'blink', data)
    const content = body.messages[0]!.content as {type: string; image_url: {url: string}}[]
    expect(content.map(({type}) => type)).toEqual(['image_url', 'text'])
    const row = sharp(Buffer.from(content[0]!.image_url.url.split(',')[1]!, 'base64'))
    const {data: pixels, info} = await row.raw().toBuffer({resolveWithObject: true})
    expect([info.width, info.height, info.channels]).toEqual([256 + 1541 + 512, 512, 3])
    const at = (x: number, y: number) => [...pixels.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)]
    expect([at(0, 0), at(255, 511), at(256, 0), at(1796, 511), at(1797, 0), at(2308, 511)]).toEqual([
      ...[
        [255, 0, 0],
        [255, 0, 0],
        [0, 255, 0],
        [0, 255, 0],
        [0, 0, 255],
        [0, 0, 255],
      ],
    ])
    const [record] = await settledRecords(join(folder, 'run'))
    expect(record!.outcome).toBe('correct')
  })
})

describe('lmms (EvolvingLMMs-Lab/lmms-eval)', () => {
  const instruction = "Answer with the option's letter from the given choices directly."
  test.each([
    // lmms_eval/tasks/blink/utils.py, blink_doc_to_text; _default_template_yaml
    [
      'blink',
      spatial,
      'Note: You only need to respond with A, B without providing any additional information.\nIs the car beneath the cat?\nSelect from the following choices.\n(A) yes\n(B) no',
      1024,
    ],
    // lmms_eval/tasks/vstar_bench/utils.py, vstar_doc_to_text; _default_template_yaml
    [
      'vstar',
      glove,
      `What is the material of the glove?\nA. rubber\nB. cotton\nC. kevlar\nD. leather\n${instruction}\n${instruction}`,
      16,
    ],
  ])('sends of %s what its task writes', async (bench, data, text, tokens) => {
    expect(readable(await asked('lmms', bench, await data(), '--min-pixels', '784'))).toEqual({
      model: 'm',
      messages: [{role: 'user', content: [picture, {type: 'text', text}]}],
      max_tokens: tokens,
      temperature: 0,
    })
  })

  test('loses options with brackets as its pattern does', async () => {
    // re.findall(r"\([A-D]\)\s*([^()]+?)(?=\s*\([A-D]\)|$)", text), run by hand on this text.
    const data = await glove('What colour is it?\n(A) red\n(B) blue (dark)\n(C) green\n(D) grey')
    const body = await asked('lmms', 'vstar', data, '--min-pixels', '784')
    expect((readable(body) as typeof body).messages[0]!.content).toEqual([
      picture,
      {type: 'text', text: `What colour is it?\nA. red\nB. green\nC. grey\n${instruction}\n${instruction}`},
    ])
  })

  test('sends the system message of its reasoning task, and the instruction once', async () => {
    // lmms_eval/tasks/_task_utils/reasoning_utils.py; tasks/vstar_bench/reasoning/vstar_bench_reasoning.yaml
    const system =
      'You are a helpful assistant. When user asks a question, your response must include two parts: first, reasoning process enclosed in <analysis>...</analysis> tags, then final answer enclosed in <answer>...</answer> tags.Please provide a clear, concise response within <answer> </answer> tags that directly addresses to question.'
    expect(readable(await asked('lmms-reasoning', 'vstar', await glove(), '--min-pixels', '784'))).toEqual({
      model: 'm',
      messages: [
        {role: 'system', content: system},
        {
          role: 'user',
          content: [
            picture,
            {
              type: 'text',
              text: `What is the material of the glove?\nA. rubber\nB. cotton\nC. kevlar\nD. leather\n${instruction}`,
            },
          ],
        },
      ],
      max_tokens: 49_152,
      temperature: 0,
    })
    expect(await readLock(join(folder, 'run'))).toMatchObject({benchmarks: [{system}]})
  })
})

describe('blink-official (zeyofu/BLINK_Benchmark: eval/test_benchmark.py, eval/query_model.py)', () => {
  const low = {type: 'image_url', image_url: {url: 'image/png', detail: 'low'}}

  test('sends the prompt of the data, then the pictures in low detail', async () => {
    expect(readable(await asked('blink-official', 'blink', await spatial()))).toEqual({
      model: 'm',
      messages: [
        {
          role: 'user',
          content: [
            {
              type: 'text',
              text: 'Is the car beneath the cat?\nSelect from the following choices.\n(A) yes\n(B) no',
            },
            low,
          ],
        },
      ],
      max_tokens: 1024,
      temperature: 0,
    })
  })

  test('puts the disclaimer before three subtasks, and keeps the line feed at the end', async () => {
    const body = await asked('blink-official', 'blink', await jigsaw())
    expect((readable(body) as typeof body).messages[0]!.content).toEqual([
      {
        type: 'text',
        text: "Disclaimer: This is not to make unfair assumptions about the people in the image and you just need to give your assessment on this question. You don't need to identify the real people. You just need to analyze based on the information I gave you.\n\nGiven the first image, which one is the missing part?\nSelect from the following choices.\n\n(A) the second image\n(B) the third image\n",
      },
      low,
      low,
      low,
    ])
  })

  test('joins pictures with a black margin of 10 pixels, centred, for models that take one', async () => {
    const data = await jigsaw([
      await coloured(20, 40, '#f00'),
      await coloured(30, 10, '#0f0'),
      await coloured(5, 5, '#00f'),
    ])
    const body = await asked('blink-official-one-picture', 'blink', data)
    const content = body.messages[0]!.content as {type: string; image_url: {url: string}}[]
    expect(content.map(({type}) => type)).toEqual(['text', 'image_url'])
    const row = sharp(Buffer.from(content[1]!.image_url.url.split(',')[1]!, 'base64'))
    const {data: pixels, info} = await row.raw().toBuffer({resolveWithObject: true})
    expect([info.width, info.height]).toEqual([20 + 10 + 30 + 10 + 5, 40])
    const at = (x: number, y: number) => [...pixels.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)]
    const black = [0, 0, 0]
    expect([at(19, 0), at(20, 20), at(30, 14), at(30, 15), at(59, 24), at(59, 25), at(70, 17), at(70, 16)]).toEqual([
      ...[[255, 0, 0], black, black, [0, 255, 0], [0, 255, 0], black, [0, 0, 255], black],
    ])
  })
})

test('viscot-official sends the question with the blank that stands before the request for a box, and 128 tokens', async () => {
  // deepcs233/Visual-CoT: llava/eval/model_cot_loader.py; <image> and its line feed belong to LLaVA's template.
  reply = 'window'
  expect(readable(await asked('viscot-official', 'viscot', await gqa()))).toEqual({
    model: 'm',
    messages: [{role: 'user', content: [picture, {type: 'text', text: 'What are the tree branches in front of? '}]}],
    max_tokens: 128,
    temperature: 0,
  })
})

describe('viscot-official --mode crop (deepcs233/Visual-CoT: llava/eval/model_cot_det_loader.py, model_cot_loader.py)', () => {
  // 391 x 500, the size of the real picture, in two colours: the box lies in the lower one.
  const data = async () => {
    const lower = {input: await coloured(391, 300, 'navy'), left: 0, top: 200}
    const picture = await sharp(await coloured(391, 500, 'white'))
      .composite([lower])
      .png()
      .toBuffer()
    return folderOf(folder, {...(await filesOf(await gqa())), 'cot/gqa/2316539.jpg': picture})
  }
  const filesOf = async (from: string) => ({
    'benchmark/gqa.json': await readFile(join(from, 'benchmark/gqa.json')),
    'benchmark_det/gqa.jsonl': `${JSON.stringify({
      img_path: 'cot/gqa/2316539.jpg',
      expression: 'What are the tree branches in front of?',
      bbox: [217, 343, 242, 393],
      height: 500,
      width: 391,
      question_id: 7,
      split: 'val',
    })}\n`,
  })
  const answering = (box: string) => (_: unknown, index: number) => (index === 0 ? box : 'window')
  const crop = ['--mode', 'crop']

  /** The messages as conv_vicuna_v1 of llava/conversation.py writes them, pictures as `<image>` and a line feed. */
  const vicuna = (body: {messages: readonly {role: string; content: unknown}[]}) =>
    `${body.messages
      .map(({role, content}) => {
        const parts = typeof content === 'string' ? [{type: 'text', text: content}] : (content as {text?: string}[])
        const text = parts.map(part => part.text ?? '<image>\n').join('')
        return role === 'user' ? `USER: ${text} ` : `ASSISTANT: ${text}</s>`
      })
      .join('')}ASSISTANT:`

  test('asks for the box, then shows the picture and its part inside the answered box', async () => {
    says = answering(' [0.542, 0.686, 0.592, 0.786] ')
    const first = await asked('viscot-official', 'viscot', await data(), ...crop)
    expect(vicuna(first)).toBe(
      'USER: <image>\nwhat are the tree branches in front of?. Please provide the bounding box coordinate of the region that can help you answer the question better. ASSISTANT:',
    )
    expect(server.requests).toHaveLength(2)
    const second = server.requests[1]!.body!
    expect(vicuna(second)).toBe(
      'USER: <image>\nWhat are the tree branches in front of? ASSISTANT: [0.542, 0.686, 0.592, 0.786]</s>USER: <image>\nPlease answer the question based on the original image and local detail image.What are the tree branches in front of?  ASSISTANT:',
    )
    for (const body of [first, second]) expect(body).toMatchObject({max_tokens: 128, temperature: 0})
    const pictures = Array.from(JSON.stringify(second).matchAll(/base64,([^"]*)"/g), ([, bytes]) => bytes!)
    const [whole, part] = await Promise.all(
      pictures.map(bytes => sharp(Buffer.from(bytes, 'base64')).raw().toBuffer({resolveWithObject: true})),
    )
    expect(pictures).toHaveLength(2)
    expect(whole!.info).toMatchObject({width: 391, height: 500})
    // [117, 256, 341, 480] by cropwithbbox, all of it navy.
    expect(part!.info).toMatchObject({width: 224, height: 224})
    expect([...new Set(part!.data)].sort((a, b) => a - b)).toEqual([0, 128])
    const [record] = await settledRecords(join(folder, 'run'))
    expect(record).toMatchObject({
      arm: 'openai:m|crop',
      outcome: 'correct',
      text: 'window',
      attempts: 2,
      metrics: {box: 1, boxRead: 1},
      steps: [{text: ' [0.542, 0.686, 0.592, 0.786] ', box: [0.542, 0.686, 0.592, 0.786], attempts: 1}],
    })
    expect(record!.seen!.images).toHaveLength(2)
    const [row] = (await tableOf(join(folder, 'run'))).rows
    expect(row!.notes).toContain('recipe viscot-official')
  })

  test.each(['the lower left', '[0.1, 0.2, 0.3]', '[0.1, 0.2, 0.3, 0.4, 0.5]', '[0.1, 0.2, 0.3, nan]', ''])(
    'takes the whole picture for the box %j, as the loader means to, and says so',
    async text => {
      says = answering(text)
      await asked('viscot-official', 'viscot', await data(), ...crop)
      const {messages} = server.requests[1]!.body!
      expect(messages[1]).toEqual({role: 'assistant', content: text})
      expect(await settledRecords(join(folder, 'run'))).toMatchObject([
        {outcome: 'correct', metrics: {box: 0, boxRead: 0, iou: 0}, steps: [{text, box: null}]},
      ])
      const [row] = (await tableOf(join(folder, 'run'))).rows
      expect(row!.notes).toContain('1 of 1 boxes could not be read: the whole picture is their crop')
    },
  )

  test('stands beside the direct answers of the same run, and either alone is no change of the recipe', async () => {
    const args = ['--recipe', 'viscot-official', '--model', 'openai:m']
    for (const modes of ['direct', 'crop', 'direct,crop'])
      expect((await specified(...args, '--mode', modes)).recipe!.changed).toEqual({})
    expect((await specified(...args, '--mode', 'text-cot')).recipe!.changed).toEqual({
      mode: '["text-cot"], not ["direct"]',
    })
    says = answering('[0.1, 0.1, 0.2, 0.2]')
    await asked('viscot-official', 'viscot', await data(), '--mode', 'direct,crop', '--repeats', '2')
    const records = await settledRecords(join(folder, 'run'))
    expect(records.map(({arm, repeat, steps}) => [arm, repeat, steps?.length]).sort()).toEqual([
      ['openai:m|crop', 0, 1],
      ['openai:m|crop', 1, 1],
      ['openai:m|direct', 0, undefined],
      ['openai:m|direct', 1, undefined],
    ])
  })

  test('is refused where the style has no such turns', async () => {
    const args = ['--bench', 'viscot', '--model', 'openai:m', '--base-url', server.url, '--data', await data()]
    await expect(prepare(await specified(...args, ...crop), () => {})).rejects.toMatchObject({
      code: 'unsupported',
      message: 'The mode crop has no form for viscot in the prompt style "lantern-eval".',
    })
  })
})

describe('vstar-official (penghao-wu/vstar: vstar_bench_eval.py)', () => {
  const sentences = ['The glove is made of rubber.', 'The glove is made of cotton.']
  const data = () =>
    folderOf(folder, {
      'direct_attributes/sa_4690.json': JSON.stringify({
        target_object: ['glove'],
        bbox: [[564, 142, 155, 157]],
        question: 'What is the material of the glove?',
        options: sentences,
      }),
      'direct_attributes/sa_4690.jpg': png,
    })

  test('asks the question alone, and takes the likeliest option for the answer whatever is written', async () => {
    promptLogProbs = body => {
      const {messages} = body as {messages: {role: string; content: unknown}[]}
      const option = messages.at(-1)!
      return option.role === 'assistant'
        ? [
            ['Q', -1],
            [option.content as string, option.content === sentences[0] ? -0.1 : -0.2],
          ]
        : undefined
    }
    reply = 'Sorry, I can not answer the question.'
    const body = await asked('vstar-official', 'vstar', await data())
    const user = {role: 'user', content: [picture, {type: 'text', text: 'What is the material of the glove?'}]}
    expect(readable(body)).toEqual({model: 'm', messages: [user], max_tokens: 200, temperature: 0})
    const scored = server.requests.slice(1).map(request => request.body!.messages)
    expect(scored.map(messages => readable(messages.slice(0, -1)))).toEqual([[user], [user]])
    expect(scored.map(messages => messages.at(-1)!.content).sort()).toEqual([...sentences].sort())
    const [record] = await settledRecords(join(folder, 'run'))
    expect(record).toMatchObject({outcome: 'correct', score: 1, text: reply})
    expect(record!.options![(record!.letters ?? ['A', 'B']).indexOf(record!.answer!)]).toBe(sentences[0])
    expect((await tableOf(join(folder, 'run'))).rows[0]).toMatchObject({metric: 'likelihood', score: 1})
  })

  test('gives errors, never wrong answers, at an endpoint that tells no likelihood', async () => {
    await asked('vstar-official', 'vstar', await data(), '--max-error-rate', '1')
    expect((await tableOf(join(folder, 'run'))).rows[0]!.outcomes).toMatchObject({error: 1, wrong: 0})
  })
})

describe('the recipes of checkpoints (the files that each names as its source)', () => {
  const question = 'Is the car beneath the cat?'
  const prompt = `${question}\nSelect from the following choices.\n(A) yes\n(B) no`
  const lettered = `${question}\nOptions:\nA. yes\nB. no\n`
  const direct = "Answer with the option's letter from the given choices directly."
  const gloves = 'What is the material of the glove?\n(A) rubber\n(B) cotton\n(C) kevlar\n(D) leather'
  const inVlmEvalKit =
    'Question: What is the material of the glove?\nOptions:\nA. rubber\nB. cotton\nC. kevlar\nD. leather\nPlease select the correct answer from the options above. \n'
  const greedy = {temperature: 0}
  const qwen3 = {temperature: 0.7, top_p: 0.8, top_k: 20}
  const swimbirdSystem = [
    'You are a multimodal reasoning assistant capable of thinking in textual and visual modes.\n\n\n',
    'Use the following tags to switch your thinking mode:\n\n',
    '1.  **Textual Mode**: `<reason>Your textual reasoning process</reason>`\n',
    '    *   For logical analysis, planning, and verbal thought.\n\n',
    '2.  **Visual Mode**: `<|latent_start|>Your visual reasoning process<|latent_end|>`\n',
    '    *   For mental visualization, imagination and simulation.\n\n\n',
    '**Output Rules**:\n',
    '*   Depending on the problem, you can use: textual reasoning only, visual reasoning only, or a mix of both (alternating multiple times as needed).\n',
    '*   After all thinking is complete, place the final answer inside `<answer>Your Final Answer</answer>`.\n',
  ].join('')
  const coltSystem =
    'Please answer this question based on the visual content.' +
    'Provide your thinking process between the <think> and </think> tags, and then give your final answer between the <answer> and </answer> tags.' +
    'At the end, you must output the final answer in the format:\n<think>\nyour_thinking_process\n</think>\n\n<answer>\nyour_answer_here\n</answer>\n\n'
  const blink = 'blink:Spatial_Relation'
  const monetSystem =
    'You are a helpful multimodal assistant. You are required to answer the question based on the image provided. Put your final answer in \\boxed{}.'
  type Row = [recipe: string, bench: string, text: string, rest: object, system?: string]
  const rows: Row[] = [
    [
      'laser-7b',
      blink,
      `${lettered}${direct} Give your final answer in <answer>X</answer> format.`,
      {max_tokens: 32, ...greedy},
    ],
    [
      'realvr-7b',
      blink,
      `${prompt}\nAnswer with the option letter directly. Put the final answer in <answer>...</answer>.`,
      {max_tokens: 128, ...greedy},
    ],
    ['hylar-7b', 'vstar', gloves, {max_tokens: 1024, ...greedy}],
    ['swimbird-8b', 'vstar', inVlmEvalKit, {max_tokens: 8192, ...qwen3}, swimbirdSystem],
    ['colt-8b', 'vstar', inVlmEvalKit, {max_tokens: 256, temperature: 0.6, top_k: 20}, coltSystem],
    ['univlr-7b', 'vstar', inVlmEvalKit, {max_tokens: 512, ...greedy}],
    [
      'mull-7b',
      blink,
      `${prompt}\nPlease think about this question deeply. It's encouraged to include self-reflection or verification in the reasoning process. Provide your final answer between the <answer> </answer> tags. Please provide only the single option letter (e.g., A, B, C, D, etc.) within the <answer> </answer> tags.`,
      {max_tokens: 512, ...greedy},
    ],
    ['lavit-3b', blink, prompt, {max_tokens: 512, ...greedy}],
    ['lavit-3b', 'vstar', `${gloves}\n${direct}`, {max_tokens: 512, ...greedy}],
    ['lvr-7b', blink, `${lettered}\n${direct}`, {max_tokens: 512, ...greedy}],
    ['lvr-7b', 'vstar', `${gloves}\n${direct}\n${direct}`, {max_tokens: 512, ...greedy}],
    ['lantern-3b', blink, lettered, {max_tokens: 512, ...greedy}],
    ['lantern-3b', 'vstar', gloves, {max_tokens: 512, ...greedy}],
    ['monet-7b', 'vstar', gloves, {max_tokens: 4096, temperature: 0.1, top_p: 0.8, top_k: 50}, monetSystem],
    ['capimagine-7b', 'vstar', inVlmEvalKit, {max_tokens: 2048, ...greedy}],
    ['skila-7b', 'vstar', inVlmEvalKit, {max_tokens: 2048, ...greedy}],
    ['covt-7b', 'vstar', inVlmEvalKit, {max_tokens: 2048, ...greedy}],
    ['qwen2-5-vl-instruct', 'vstar', inVlmEvalKit, {max_tokens: 2048, ...greedy}],
    ['qwen3-vl-instruct', 'vstar', inVlmEvalKit, {max_tokens: 16_384, ...qwen3}],
    ['qwen3-vl-thinking', 'vstar', inVlmEvalKit, {max_tokens: 40_960, temperature: 1, top_p: 0.95, top_k: 20}],
  ]
  test('are all among these, and each says which figures it aims at, or that none was found', () => {
    const ofCheckpoints = recipeNames().filter(name => recipeNamed(name).checkpoints !== undefined)
    expect([...new Set(rows.map(([name]) => name))].sort()).toEqual([...ofCheckpoints].sort())
    for (const name of ofCheckpoints) expect([name, recipeNamed(name).figures]).toEqual([name, expect.any(Array)])
  })

  // A missing last column would become jest's done callback.
  test.each(rows.map(row => [row[0], row[1], row] as const))(
    '%s sends of %s exactly this',
    async (recipe, bench, row) => {
      const [, , text, rest, system] = row
      const data = await (bench === 'vstar' ? glove : spatial)()
      const limits = ['--min-pixels', '784', '--max-pixels', '100000000']
      const body = readable(await asked(recipe, bench, data, ...limits)) as {seed?: number}
      const user = {role: 'user', content: [picture, {type: 'text', text}]}
      expect(body).toEqual({
        model: 'm',
        messages: system === undefined ? [user] : [{role: 'system', content: system}, user],
        ...rest,
        ...(body.seed !== undefined && {seed: body.seed}),
      })
    },
  )

  test('are found by the id on the hub, in any case, with its scheme and its revision', async () => {
    for (const id of ['wybb/laser-7b', 'hub:wybb/Laser-7B@main'])
      expect((await openRecipe(id)).recipe.name).toBe('laser-7b')
    await expect(openRecipe('wybb/laser-8b')).rejects.toThrow('The recipe wybb/laser-8b cannot be read')
  })

  test('belong to one checkpoint each', () => {
    const ids = recipeNames().flatMap(name => recipeNamed(name).checkpoints ?? [])
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBeGreaterThan(12)
  })
})

// --- the overlay ----------------------------------------------------------------------------------------------------

test.each(recipeNames())(
  '%s sets only values that the settings accept, for each benchmark it is made for',
  async name => {
    const opened = await openRecipe(name)
    for (const bench of Object.keys(opened.recipe.benchmarks))
      expect((await recipeSettings(opened, [bench])).get('prompt-style')).toBeDefined()
    expect(opened.recipe.source).toMatch(/^[\w-]+\/[\w-]+: .+ @ [0-9a-f]{7,40}/)
  },
)

describe('a recipe', () => {
  const told = async (...args: string[]) =>
    (await specified(...args).catch((error: LanternError) => error)) as LanternError

  test('is refused for a benchmark that it is not made for, with those it is', async () => {
    expect(await told('--recipe', 'viscot-official', '--bench', 'blink', '--model', 'openai:m')).toMatchObject({
      code: 'usage',
      message: 'The recipe viscot-official is not made for blink.',
      suggestion: 'It is for viscot.',
    })
    expect(await told('--recipe', 'lantern', '--model', 'openai:m')).toMatchObject({
      message: 'The recipe lantern is for several benchmarks.',
    })
    expect(await told('--recipe', 'lanter', '--bench', 'blink')).toMatchObject({
      suggestion: expect.stringContaining('Did you mean lantern?'),
    })
  })

  test('names its benchmark where there is one', async () => {
    const {benchmarks} = await specified('--recipe', 'viscot-official', '--model', 'openai:m')
    expect(benchmarks).toEqual([{id: 'viscot', subtasks: undefined}])
  })

  test('stands above the defaults and below the file, and the row says what was changed', async () => {
    const config = join(folder, 'config.yaml')
    await writeFile(config, 'recipe: lantern\nextractor: lmms_blink\n')
    const data = await spatial()
    const model = ['--model', 'openai:m', '--base-url', server.url, '--data', data]
    const args = ['--config', config, '--bench', 'blink:Spatial_Relation', '--max-new-tokens', '64', ...model]
    const spec = await specified(...args, '--out', join(folder, 'run'))
    expect(spec.recipe).toMatchObject({
      name: 'lantern',
      source: recipeNamed('lantern').source,
      changed: {
        extractor: 'lmms_blink, not lantern_opts',
        'max-new-tokens': '64, not 512',
        'subtasks of blink': 'Spatial_Relation, not Object_Localization, Spatial_Relation',
      },
    })
    const prepared = await prepare(spec, () => {})
    await evaluate(prepared, () => {}, new AbortController().signal)
    await prepared.close()
    const [row] = (await tableOf(join(folder, 'run'))).rows
    expect(row).toMatchObject({recipe: 'lantern'})
    expect(row!.notes).toContain(
      'recipe lantern, changed: max-new-tokens 64, not 512; extractor lmms_blink, not lantern_opts; subtasks of blink Spatial_Relation, not Object_Localization, Spatial_Relation',
    )
  })

  test('says what was set that it leaves alone', async () => {
    const args = ['--recipe', 'lantern', '--bench', 'blink', '--model', 'openai:m', '--data', await spatial()]
    const {recipe} = await specified(...args, '--system', 'Be brief', '--stop', 'END', '--options', 'circular')
    expect(recipe!.changed).toEqual({
      system: '"Be brief", not none',
      stop: '["END"], not none',
      options: 'circular, not file',
    })
    expect((await specified(...args)).recipe!.changed).toEqual({})
  })

  test('says where the data are not those that the evaluation asked', async () => {
    await asked('lantern', 'viscot', await gqa(), '--min-pixels', '784')
    const {recipe} = await readLock(join(folder, 'run'))
    expect(recipe!.changed).toEqual({
      'min-pixels': '784, not 200704',
      'data of viscot': 'official, not four-options',
    })
  })

  test('is none where none is named: the row says null', async () => {
    const spec = await specified(
      '--bench',
      'blink',
      '--data',
      await spatial(),
      '--model',
      'openai:m',
      '--base-url',
      server.url,
      '--out',
      join(folder, 'run'),
    )
    expect(spec.recipe).toBeUndefined()
    const prepared = await prepare(spec, () => {})
    await evaluate(prepared, () => {}, new AbortController().signal)
    await prepared.close()
    expect((await tableOf(join(folder, 'run'))).rows[0]!.recipe).toBeNull()
  })
})

describe('a recipe of a file', () => {
  test('has a published schema that every shipped one fits, and that refuses what the program refuses', () => {
    const validate = new Ajv.default({strict: false}).compile(z.toJSONSchema(recipeFileSchema(), {io: 'input'}))
    for (const name of recipeNames()) expect(validate(recipeNamed(name)) || validate.errors).toBe(true)
    const {settings, ...rest} = recipeNamed('lantern')
    for (const wrong of [{temperature: -1}, {'max-new-token': 7}, {'api-key-env': 'KEY'}, {mode: ['loud']}])
      expect(validate({...rest, settings: {...settings, ...wrong}})).toBe(false)
  })

  const whole = [
    'name: mine',
    'title: Mine',
    'source: "owner/name: eval.py @ 1234567"',
    'benchmarks:',
    '  blink: {subtasks: [Counting]}',
    'settings:',
    '  system: Think.',
    '  prompt-template: own.jinja',
    '  stop: ["\\n\\n", "Q:"]',
    '  max-new-tokens: 7',
  ]
  const write = async (...lines: string[]) => {
    const file = join(folder, 'mine.yaml')
    await writeFile(file, `${lines.join('\n')}\n`)
    return file
  }
  const refused = (file: string) =>
    specified('--recipe', file, '--model', 'openai:m').catch((error: LanternError) => error) as Promise<LanternError>

  test('sets system message, template and stop strings, by paths beside it', async () => {
    await writeFile(
      join(folder, 'own.jinja'),
      '{{ subtask }}: {{ question }}\n{% for o in options %}{{ letters[loop.index0] }}) {{ o }}\n{% endfor %}',
    )
    reply = '(B)\n\nQ: what else?'
    const data = await blinkData('Counting', {question: 'How many?', prompt: '', choices: ['1', '2', '3', '4']})
    const body = await asked(await write(...whole), 'blink', data)
    expect(readable(body)).toEqual({
      model: 'm',
      messages: [
        {role: 'system', content: 'Think.'},
        {role: 'user', content: [{type: 'text', text: 'Counting: How many?\nA) 1\nB) 2\nC) 3\nD) 4\n'}, picture]},
      ],
      max_tokens: 7,
      temperature: 0,
      stop: ['\n\n', 'Q:'],
    })
    // An endpoint that leaves the stop string in changes nothing.
    expect(await settledRecords(join(folder, 'run'))).toMatchObject([{text: '(B)', outcome: 'correct'}])
    expect(await readLock(join(folder, 'run'))).toMatchObject({
      recipe: {name: 'mine', changed: {}},
      benchmarks: [{system: 'Think.', stop: ['\n\n', 'Q:']}],
    })
  })

  test.each([
    ['a setting that there is not', '  max-new-token: 7', /mine\.yaml:11:\d+: "max-new-token": is no setting/],
    ['a setting of who runs it', '  api-key-env: KEY', /mine\.yaml:11:\d+: "api-key-env": is no setting/],
    ['a value out of bounds', '  temperature: -1', /mine\.yaml:11:\d+: "temperature": -1 is not a number/],
    ['a key that there is not', 'benchmark: blink', /mine\.yaml:11:\d+: "benchmark": /],
    ['what is no YAML', '  [', /mine\.yaml:1[12]:\d+: not valid YAML/],
  ])('is refused with its line for %s', async (_what, line, message) => {
    const error = await refused(await write(...whole, line))
    expect(error).toMatchObject({code: 'bad-config'})
    expect(error.message).toMatch(message)
  })

  test('is refused where it is not whole or not there', async () => {
    expect((await refused(await write('name: mine'))).message).toMatch(/mine\.yaml:1:1: "title": /)
    expect((await refused(join(folder, 'absent.yaml'))).message).toContain('cannot be read')
  })
})
