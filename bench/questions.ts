// What several questions on one picture cost: each alone, with the picture seen once, and with the prompt's beginning
// run once too; and the price of running a prompt in two parts where nothing is shared.
// A random checkpoint of 0.15B parameters, a picture of 448 x 448 pixels (256 tokens), four questions with 8 tokens
// each; interleaved.
import {mkdtemp, rm} from 'node:fs/promises'
import {cpus, loadavg, tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Request} from '../src/core/generation.js'
import type {ImageRef} from '../src/core/sample.js'
import {Engine} from '../src/runners/onnx/engine.js'
import {loadCheckpoint} from '../src/runners/onnx/load.js'
import {tinySizes, writeTinyCheckpoint} from '../test/support/tiny-checkpoint.js'
import {median} from './support/median.js'
import {smallSizes} from './support/small-model.js'

const rounds = Number(process.argv[2] ?? 5)
const side = 448
const questions = ['What is on the left?', 'What colour is it?', 'How many are there?', 'Where does it end?']

/** Grey noise. */
async function picture(): Promise<ImageRef> {
  const {default: sharp} = await import('sharp')
  const noise = {type: 'gaussian', mean: 128, sigma: 40} as const
  const bytes = await sharp({create: {width: side, height: side, channels: 3, background: '#888', noise}})
    .png()
    .toBuffer()
  return {source: 'noise.png', orientation: 'ignore', bytes: async () => bytes}
}

const dir = await mkdtemp(join(tmpdir(), 'lantern-eval-bench-'))
try {
  const vision = {
    ...tinySizes.vision,
    hidden: 256,
    heads: 4,
    depth: 8,
    intermediate: 860,
    fullAttentionBlocks: [7],
    window: 112,
  }
  const checkpoint = await writeTinyCheckpoint(join(dir, 'checkpoint'), {
    text: {...tinySizes.text, ...smallSizes},
    vision,
  })
  const image = await picture()
  const group = (question: string): Request[] => [
    {
      sample: {id: question, benchmark: 'bench', subtask: '', images: [image], question, gold: null},
      arm: {id: 'a', model: 'm', mode: 'direct', protocol: null, latentSize: null, intervention: null},
      prompt: {
        system: null,
        parts: [
          {type: 'image', image},
          {type: 'text', text: question},
        ],
      },
      decoding: {maxNewTokens: 8, temperature: 0, seed: 0},
    },
  ]
  for (const precision of ['fp32', 'q4'] as const) {
    const tools = await loadCheckpoint(checkpoint, {
      precision,
      device: 'cpu',
      cacheDir: join(dir, 'cache'),
      maxPixels: side * side,
      warn: () => {},
    })
    const answer = async (engine: Engine, list: readonly string[]) => {
      const groups = (async function* () {
        for (const question of list) yield group(question)
      })()
      for await (const {stop, error} of engine.generate(groups, new AbortController().signal))
        if (stop === 'error') throw new Error(error?.message)
    }
    const engine = (sharesBeginnings: boolean) =>
      new Engine(tools, {batchSize: 4, keepLatents: false, sharesBeginnings})
    const ways: readonly {name: string; run: () => Promise<void>; ms: number[]}[] = [
      {
        name: 'each question alone',
        async run() {
          for (const question of questions) await answer(engine(false), [question])
        },
        ms: [],
      },
      {name: 'the picture seen once', run: () => answer(engine(false), questions), ms: []},
      {name: 'and the beginning run once', run: () => answer(engine(true), questions), ms: []},
      {name: 'one question, one run', run: () => answer(engine(false), questions.slice(0, 1)), ms: []},
      {name: 'one question, two parts', run: () => answer(engine(true), questions.slice(0, 1)), ms: []},
    ]
    for (const {run} of ways) await run()
    for (let round = 0; round < rounds; round++) {
      for (const {run, ms} of ways) {
        const at = performance.now()
        await run()
        ms.push(performance.now() - at)
      }
    }
    console.log(`\n${precision}, ${tools.model.checkpoint.parameters / 1e6} M parameters`)
    for (const [i, {name, ms}] of ways.entries()) {
      const base = ways[i < 3 ? 0 : 3]!.ms
      console.log(
        `${name.padEnd(28)} ${median(ms).toFixed(0).padStart(6)} ms  ${(median(ms) / median(base)).toFixed(2)} x`,
      )
    }
    await tools.model.close()
  }
  console.log(`\nload ${loadavg()[0]!.toFixed(1)} on ${cpus().length} cores; medians of ${rounds} interleaved rounds`)
} finally {
  await rm(dir, {recursive: true, force: true})
}
