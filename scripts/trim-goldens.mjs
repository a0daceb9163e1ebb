// Cuts a folder of goldens down to the part committed under fixtures/goldens: one checkpoint with a few of its cases,
// the small pictures without pixel tensors (hashes and sums stay), and the rope index.
// Usage: node scripts/trim-goldens.mjs FROM
import {cpSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

const from = process.argv[2]
const to = new URL('../fixtures/goldens/', import.meta.url).pathname
const checkpoint = 'nano-latent'
const cases = 4
const largestPicture = 40_000

const json = name => JSON.parse(readFileSync(join(from, name), 'utf8'))
rmSync(to, {recursive: true, force: true})
mkdirSync(join(to, 'images'), {recursive: true})
mkdirSync(join(to, 'checkpoints'), {recursive: true})

const decode = json(`decode-${checkpoint}.json`)
decode.cases = decode.cases.slice(0, cases)
writeFileSync(join(to, `decode-${checkpoint}.json`), JSON.stringify(decode))
writeTensors(`decode-${checkpoint}.safetensors`, JSON.stringify(decode))
cpSync(join(from, 'checkpoints', checkpoint), join(to, 'checkpoints', checkpoint), {
  recursive: true,
  // Not needed: the same words and merges are in tokenizer.json.
  filter: path => !/(vocab|merges|added_tokens|special_tokens_map|video_preprocessor_config)\.(json|txt)$/.test(path),
})
for (const image of new Set(decode.cases.flatMap(item => item.images))) copyImage(image)

const preprocess = json('preprocess.json')
preprocess.images = preprocess.images.filter(
  ({image}) => readFileSync(join(from, 'images', image)).length <= largestPicture,
)
for (const item of preprocess.images) for (const processed of Object.values(item.processed)) processed.tensor = null
writeFileSync(join(to, 'preprocess.json'), JSON.stringify(preprocess))
for (const {image} of preprocess.images) copyImage(image)
cpSync(join(from, 'rope.json'), join(to, 'rope.json'))
writeFileSync(
  join(to, 'README.md'),
  `# Goldens

Outputs of the reference implementation of Qwen2.5-VL (transformers 4.57.1, torch 2.8.0, Pillow 13.0.0, qwen-vl-utils
0.0.14, float32 on the CPU) and of the generation loop of GuilhermeViveiros/LanteRn (65f64b2). They were recorded for a
small checkpoint trained for this project and for pictures drawn for it, so nothing here belongs to anyone else.

This is part of a larger folder of the same layout, cut by scripts/trim-goldens.mjs. LANTERN_EVAL_GOLDENS names another
folder for the parity tests. The tolerances and their reasons are in src/runners/onnx/goldens.test.ts.
`,
)

function copyImage(image) {
  cpSync(join(from, 'images', image), join(to, 'images', image))
}

/** Copies a safetensors file, keeping only the tensors named in `text`. */
function writeTensors(name, text) {
  const bytes = readFileSync(join(from, name))
  const start = 8 + Number(bytes.readBigUInt64LE())
  const header = JSON.parse(bytes.toString('utf8', 8, start))
  const kept = {}
  const parts = []
  let end = 0
  for (const [tensor, {dtype, shape, data_offsets}] of Object.entries(header)) {
    if (!text.includes(JSON.stringify(tensor))) continue
    const part = bytes.subarray(start + data_offsets[0], start + data_offsets[1])
    kept[tensor] = {dtype, shape, data_offsets: [end, end + part.length]}
    end += part.length
    parts.push(part)
  }
  const headerBytes = Buffer.from(JSON.stringify(kept))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(headerBytes.length))
  writeFileSync(join(to, name), Buffer.concat([length, headerBytes, ...parts]))
}
