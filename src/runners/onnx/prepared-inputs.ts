// Shares work between the requests of a group: vision features of pictures, and prompts after their prefill.
// Each is computed once, on first use. Twelve interventions cost one vision pass and one prefill.
// What other samples may need too is remembered beyond the group (SharedWork).
import {LanternError} from '../../core/errors.js'
import {type Prompt, picturesOf, promptText, type Request, type SeenImage} from '../../core/generation.js'
import {sha256} from '../../core/hash.js'
import type {ImageRef, Sample} from '../../core/sample.js'
import type {LatentMachine} from '../../modes/latent-machine.js'
import type {PictureFetch, PixelLimits} from '../smart-resize.js'
import type {ChatTemplate} from './checkpoint/chat-template.js'
import type {Tokenizer} from './checkpoint/tokenizer.js'
import type {PromptState} from './decode.js'
import {decodeImage} from './image.js'
import {fetchResize, type Patches, toPatches} from './image-processor.js'
import type {RgbImage} from './pillow-bicubic.js'
import {type Beginning, type PromptInput, prefill} from './prefill.js'
import {cellsOf, expandImages} from './prompt-tokens.js'
import {Recent} from './recent.js'
import {ropeIndex} from './rope-index.js'
import type {DeepstackInput, Grid, Model, VisionFeatures} from './types.js'

/** What prompts are made with. */
export interface PromptTools {
  readonly model: Pick<Model, 'checkpoint' | 'vision' | 'embed' | 'decode' | 'generate'>
  readonly tokenizer: Tokenizer
  readonly template: ChatTemplate
  readonly limits: PixelLimits
  /** The resize before the one within `limits`. */
  readonly pictureFetch: PictureFetch
  readonly warn: (message: string) => void
}

/** What a protocol does to a prompt: ids that it appends, and texts that it deletes before the tokenizer sees them. */
export interface PromptEdit {
  readonly prefix: readonly number[]
  readonly deleted: readonly string[]
}

const asWritten: PromptEdit = {prefix: [], deleted: []}

/** The edit of a machine's protocol. */
export function editOf({prefix, rules}: Pick<LatentMachine, 'prefix' | 'rules'>): PromptEdit {
  return {prefix, deleted: rules.deletedFromPrompt}
}

export interface PreparedPrompt extends Pick<PromptInput, 'imageTokens' | 'seen' | 'pictures' | 'norms'> {
  readonly state: PromptState
  /** Milliseconds to the first token: pictures, text and prefill. */
  readonly prefillMs: number
}

/** A picture, its features and its grid of patches. */
interface SeenPicture extends VisionFeatures {
  readonly decoded: RgbImage
  readonly grid: Grid
  readonly seen: SeenImage
  readonly key: string
  /** Milliseconds that it took. */
  readonly ms: number
}

/** What samples of a session share: pictures by their bytes, and the beginnings of prompts. */
export interface SharedWork {
  readonly pictures: Recent<SeenPicture>
  /** Null where prompts are run whole. */
  readonly beginnings: Recent<Beginning> | null
}

/** Bytes remembered of each kind at most: some forty pictures, or five beginnings, of a model of 3 B parameters. */
const mostSharedBytes = 512e6

export function sharedWork({sharesBeginnings}: {readonly sharesBeginnings: boolean}): SharedWork {
  return {
    pictures: new Recent(mostSharedBytes),
    beginnings: sharesBeginnings ? new Recent(mostSharedBytes) : null,
  }
}

export class PreparedInputs {
  readonly #tools: PromptTools
  readonly #shared: SharedWork
  readonly #pictures = new Map<ImageRef, Promise<SeenPicture>>()
  readonly #inputs = new Map<string, Promise<PromptInput>>()
  readonly #prompts = new Map<string, Promise<PreparedPrompt>>()
  /** A picture is identified only by its object. Each gets a number, which becomes part of the prompt's key. */
  readonly #numbers = new Map<ImageRef, number>()

  #bytes = 0

  constructor(tools: PromptTools, shared = sharedWork({sharesBeginnings: false})) {
    this.#tools = tools
    this.#shared = shared
  }

  /**
   * The prompt of a request, before any run of the decoder. Throws LanternError for pictures that cannot be read or
   * used.
   */
  input({prompt}: Pick<Request, 'prompt'>, edit: PromptEdit = asWritten): Promise<PromptInput> {
    return once(this.#inputs, this.keyOf(prompt, edit), () => this.#read(prompt, edit))
  }

  /**
   * The prompt of a request after its prefill. Throws like `input`, and `bad-checkpoint` for an output that is not
   * finite.
   */
  prompt(request: Pick<Request, 'prompt'>, edit: PromptEdit = asWritten): Promise<PreparedPrompt> {
    const key = this.keyOf(request.prompt, edit)
    return once(this.#prompts, key, async () => this.#prefill(await this.input(request, edit)))
  }

  /** Bytes of what is held: pixels, features, embeddings and caches. */
  get bytes(): number {
    return this.#bytes
  }

  /** Takes the pictures of later requests for those of the same place that are known already. */
  adopt(requests: readonly Request[]): void {
    const images = requests.flatMap(({prompt, sample, looksAt}) => [
      ...picturesOf(prompt),
      ...sample.images,
      ...(looksAt ? picturesOf(looksAt) : []),
    ])
    for (const image of images) {
      const known = [...this.#numbers.keys()].find(
        ({source, orientation}) => source === image.source && orientation === image.orientation,
      )
      if (known === undefined || this.#numbers.has(image)) continue
      this.#numbers.set(image, this.#numbers.get(known)!)
      const picture = this.#pictures.get(known)
      if (picture) this.#pictures.set(image, picture)
    }
  }

  /** Prompts with equal texts, edits and pictures have one key. */
  keyOf(prompt: Prompt, {prefix, deleted}: PromptEdit = asWritten): string {
    const number = (image: ImageRef) => {
      const known = this.#numbers.get(image) ?? this.#numbers.size
      this.#numbers.set(image, known)
      return known
    }
    return JSON.stringify([promptText(prompt), picturesOf(prompt).map(number), prefix, deleted])
  }

  /**
   * The first picture of a sample as it was stored. Throws LanternError `unsupported` for a sample without a picture.
   */
  async firstPicture({images: [image]}: Sample): Promise<RgbImage> {
    if (image === undefined) throw new LanternError('unsupported', 'This sample has no picture to crop.')
    return (await this.#picture(image)).decoded
  }

  /**
   * Features of a picture that goes directly into the checkpoint's processor, like the crops of oracle latents; [n][H].
   */
  async encode(image: RgbImage, limits: PixelLimits): Promise<Float32Array[]> {
    const {model} = this.#tools
    const {features} = await model.vision(...this.#visionInput(image, limits))
    const {hidden} = model.checkpoint.text
    return Array.from({length: features.length / hidden}, (_, i) => features.subarray(i * hidden, (i + 1) * hidden))
  }

  #visionInput(image: RgbImage, limits: PixelLimits): [pixels: Float32Array, patches: Patches] {
    const {checkpoint} = this.#tools.model
    const patches = toPatches(image, limits, checkpoint.image, checkpoint.vision)
    return [patches.pixels, patches]
  }

  #picture(image: ImageRef): Promise<SeenPicture> {
    return once(this.#pictures, image, async () => {
      const bytes = await image.bytes()
      const hash = sha256(bytes)
      const key = `${hash} ${image.orientation}`
      const see = async () => ({...(await this.#see(image, bytes, hash)), key})
      const picture = await this.#shared.pictures.get(key, see, pictureBytes)
      this.#bytes += pictureBytes(picture)
      return picture
    })
  }

  async #see(image: ImageRef, bytes: Uint8Array, hash: string): Promise<Omit<SeenPicture, 'key'>> {
    const startedAt = performance.now()
    const decoded = await decodeImage(bytes, image.orientation, image.source)
    if (decoded.problem !== null) this.#tools.warn(`${image.source}: ${decoded.problem}`)
    const {limits, pictureFetch} = this.#tools
    const [pixels, patches] = this.#visionInput(fetchResize(decoded, pictureFetch, limits), limits)
    const {width, height} = decoded
    const features = await this.#tools.model.vision(pixels, patches)
    return {
      decoded,
      grid: {rows: patches.rows, columns: patches.columns},
      ...features,
      seen: {sha256: hash, width, height, sentWidth: patches.size.width, sentHeight: patches.size.height},
      ms: performance.now() - startedAt,
    }
  }

  async #read(prompt: Prompt, {prefix, deleted}: PromptEdit): Promise<PromptInput> {
    const {model, tokenizer, template} = this.#tools
    const {ids: special, vision, text} = model.checkpoint
    const pictures: SeenPicture[] = []
    for (const image of picturesOf(prompt)) pictures.push(await this.#picture(image))

    const startedAt = performance.now()
    const cells = pictures.map(({grid}) => cellsOf(grid, vision))
    const written = deleted.reduce((whole, part) => whole.replaceAll(part, ''), await template(prompt))
    const ids = [...expandImages(tokenizer.encode(written), special.image, cells), ...prefix]
    const grids = pictures.map(({grid}) => grid)
    const {positions, delta} = ropeIndex(ids, grids, special.image, vision.merge)
    const embeds = model.embed(ids)
    const features = pictures.map(picture => picture.features)
    const textNorm = meanNorm(embeds, text.hidden, at => ids[at] !== special.image)
    scatter(embeds, ids, special.image, features, text.hidden)
    return {
      ids,
      embeds,
      positions,
      ropeDelta: delta,
      ...(text.deepstack > 0 && pictures.length > 0 && {deepstack: deepstackOf(ids, special.image, pictures)}),
      imageTokens: cells.reduce((sum, count) => sum + count, 0),
      pictureKeys: pictures.map(({key}) => key),
      seen: {promptSha256: sha256(promptText(prompt)), images: pictures.map(({seen}) => seen)},
      pictures: pictures.map(({seen, grid: {rows, columns}, features}) => ({
        ...{seen, features, rows: rows / vision.merge, columns: columns / vision.merge},
      })),
      norms: {text: textNorm, picture: meanNorm(concatenated(features), text.hidden)},
      inputMs: pictures.reduce((sum, {ms}) => sum + ms, performance.now() - startedAt),
    }
  }

  async #prefill(input: PromptInput): Promise<PreparedPrompt> {
    const {ids, embeds, ropeDelta, imageTokens, seen, pictures, norms, inputMs} = input
    const {output, ms} = await prefill(this.#tools.model, input, this.#shared.beginnings)
    const caches = output.delta.reduce((sum, {key, value}) => sum + key.byteLength + value.byteLength, 0)
    this.#bytes += embeds.byteLength + output.logits!.byteLength + caches
    return {state: {ids, ropeDelta, output}, imageTokens, seen, pictures, norms, prefillMs: inputMs + ms}
  }
}

function pictureBytes({decoded, features, deepstack}: SeenPicture): number {
  return [decoded.data, features, ...deepstack].reduce((sum, {byteLength}) => sum + byteLength, 0)
}

function once<K, V>(memo: Map<K, Promise<V>>, key: K, compute: () => Promise<V>): Promise<V> {
  const known = memo.get(key) ?? compute()
  memo.set(key, known)
  return known
}

/** Writes the features [cells, H] of each picture over the embeddings of its image tokens. */
function scatter(
  embeds: Float32Array,
  ids: readonly number[],
  imageToken: number,
  features: readonly Float32Array[],
  hidden: number,
) {
  let at = 0
  for (const feature of features) {
    at = ids.indexOf(imageToken, at)
    embeds.set(feature, at * hidden)
    at += feature.length / hidden
  }
}

/** The levels of all pictures of one prompt, one after another, and the positions of their cells. */
function deepstackOf(ids: readonly number[], imageToken: number, pictures: readonly VisionFeatures[]): DeepstackInput {
  const places = ids.flatMap((id, at) => (id === imageToken ? [0, at] : []))
  const levels = pictures[0]!.deepstack.map((_, level) =>
    concatenated(pictures.map(({deepstack}) => deepstack[level]!)),
  )
  return {places: Int32Array.from(places), levels}
}

/** The mean norm of the rows [n, width] that count; null without any. */
function meanNorm(rows: Float32Array, width: number, counts: (row: number) => boolean = () => true): number | null {
  let [n, sum] = [0, 0]
  for (let row = 0; row * width < rows.length; row++) {
    if (!counts(row)) continue
    let squares = 0
    for (let i = row * width; i < (row + 1) * width; i++) squares += rows[i]! ** 2
    n++
    sum += Math.sqrt(squares)
  }
  return n === 0 ? null : sum / n
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, {length}) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
