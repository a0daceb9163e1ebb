// Cuts the folders of goldens down to the parts committed under fixtures/: a few cases of some checkpoints, the small
// pictures without pixel tensors (hashes and sums stay), the rope index and the tapes.
// Usage: node scripts/trim-goldens.mjs GOLDENS GOLDENS-2
import {cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

const largestPicture = 40_000
const fixtures = new URL('../fixtures/', import.meta.url).pathname

const made = `They were recorded for small checkpoints made for this project and for pictures drawn for it, so nothing
here belongs to anyone else.

This is part of a larger folder of the same layout, cut by scripts/trim-goldens.mjs. LANTERN_EVAL_GOLDENS names another
folder for the parity tests. The tolerances and their reasons are in src/runners/onnx/goldens.test.ts.
`
trim(process.argv[2], join(fixtures, 'goldens'), {
  checkpoints: ['nano-latent'],
  cases: 4,
  readme: `# Goldens

Outputs of the reference implementation of Qwen2.5-VL (transformers 4.57.1, torch 2.8.0, Pillow 13.0.0, qwen-vl-utils
0.0.14, float32 on the CPU) and of the generation loop of GuilhermeViveiros/LanteRn (65f64b2).
${made}`,
})
trim(process.argv[3], join(fixtures, 'goldens-2'), {
  checkpoints: ['qwen3vl-fp32', 'qwen2vl-fp32'],
  cases: 4,
  readme: `# Goldens of Qwen3-VL and Qwen2-VL

Outputs of the reference implementation (transformers 4.57.1, torch 2.8.0, Pillow 13.0.0, qwen-vl-utils 0.0.14, float32
on the CPU) for random checkpoints, and the conformance tapes of the methods. The decoding loop is this project's own.
${made}`,
})

function trim(from, to, {checkpoints, cases, readme}) {
  const json = name => JSON.parse(readFileSync(join(from, name), 'utf8'))
  const write = (name, value) => writeFileSync(join(to, name), JSON.stringify(value))
  rmSync(to, {recursive: true, force: true})
  mkdirSync(join(to, 'checkpoints'), {recursive: true})
  // The pictures of the first folder are those of both.
  const usable = (image, {images_dir: images}) => images === undefined || existsSync(join(to, images, image))
  const copy = (image, {images_dir: images}) => {
    if (images === undefined) cpSync(join(from, 'images', image), join(to, 'images', image))
  }
  for (const checkpoint of checkpoints) {
    const decode = json(`decode-${checkpoint}.json`)
    const whole = decode.cases.filter(({images}) => images.every(image => usable(image, decode)))
    decode.cases = whole.slice(0, cases)
    for (const image of decode.cases.flatMap(({images}) => images)) copy(image, decode)
    write(`decode-${checkpoint}.json`, decode)
    writeTensors(from, to, `decode-${checkpoint}.safetensors`, JSON.stringify(decode))
    cpSync(join(from, 'checkpoints', checkpoint), join(to, 'checkpoints', checkpoint), {
      recursive: true,
      // Not needed: the same words and merges are in tokenizer.json.
      filter: path =>
        !/(vocab|merges|added_tokens|special_tokens_map|video_preprocessor_config)\.(json|txt)$/.test(path),
    })
  }
  const preprocess = json('preprocess.json')
  const {images_dir: images = 'images'} = preprocess
  preprocess.images = preprocess.images.filter(
    ({image}) => readFileSync(join(from, images, image)).length <= largestPicture && usable(image, preprocess),
  )
  for (const {image} of preprocess.images) copy(image, preprocess)
  for (const item of preprocess.images) for (const processed of Object.values(item.processed)) processed.tensor = null
  write('preprocess.json', preprocess)
  for (const name of readdirSync(from).filter(name => /^(rope|tapes).*\.json$/.test(name)))
    cpSync(join(from, name), join(to, name))
  writeFileSync(join(to, 'README.md'), readme)
}

/** Copies a safetensors file, keeping only the tensors named in `text`. */
function writeTensors(from, to, name, text) {
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
