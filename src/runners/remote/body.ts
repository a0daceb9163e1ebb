// The JSON body of a chat completion, built as bytes: pictures are copied into it as base64 and never pass through a
// JSON serialiser.
import type {Decoding, PictureDetail} from '../../core/generation.js'

export type ChatPart =
  | {readonly type: 'text'; readonly text: string}
  | {readonly type: 'image'; readonly mime: string; readonly bytes: Uint8Array; readonly detail?: PictureDetail}

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string | readonly ChatPart[]
}

/** Newer OpenAI models refuse `max_tokens`; most other servers support only that name. */
export type TokenParameter = 'max_tokens' | 'max_completion_tokens'

/**
 * Asks for the log-probability of each token of a prompt that ends within its last message: that of the token itself
 * and of 0 others (vllm-project/vllm: vllm/entrypoints/openai/chat_completion/protocol.py).
 */
const scoring = {prompt_logprobs: 0, add_generation_prompt: false, continue_final_message: true}

export interface BodySettings {
  readonly decoding: Decoding
  readonly tokenParameter: TokenParameter
  /** Names of settings that the endpoint refuses; `max_tokens` stands for the token limit under either name. */
  readonly without?: ReadonlySet<string>
  /** The beginning of an answer whose log-probabilities are asked for. */
  readonly continuation?: string
  /** Keys that are added to the body, or override its own. */
  readonly extraBody?: Readonly<Record<string, unknown>>
}

/**
 * The body as UTF-8. Decoding values that are not set are omitted, so that the endpoint's defaults apply. With a
 * `continuation` the prompt ends with an answer that begins with it, and the log-probabilities of its tokens are
 * requested. `sent` names the settings in the body.
 */
export function chatBody(
  name: string,
  messages: readonly ChatMessage[],
  {decoding, tokenParameter, without, continuation, extraBody}: BodySettings,
): {bytes: Buffer; sent: readonly string[]} {
  const {maxNewTokens, temperature, topP, topK, seed, stop} = decoding
  const asked = {
    max_tokens: maxNewTokens,
    temperature,
    top_p: topP,
    top_k: topK,
    stop,
    seed: temperature > 0 ? seed : undefined,
  }
  const own = Object.entries(asked)
    .filter(([name, value]) => value !== undefined && !without?.has(name))
    .map(([name, value]) => [name === 'max_tokens' ? tokenParameter : name, value] as const)
  const settings = JSON.stringify({
    ...Object.fromEntries(own),
    ...extraBody,
    ...(continuation === undefined ? {} : scoring),
  })
  const pieces: Piece[] = [`{"model":${JSON.stringify(name)},"messages":[`]
  const turns =
    continuation === undefined ? messages : [...messages, {role: 'assistant', content: continuation} as const]
  turns.forEach((message, index) => {
    pieces.push(`${index === 0 ? '' : ','}{"role":"${message.role}","content":`, ...contentPieces(message.content), '}')
  })
  pieces.push(settings === '{}' ? ']}' : `],${settings.slice(1)}`)
  return {bytes: join(pieces), sent: own.map(([name]) => name)}
}

/** Literal text of the body, or bytes to be encoded as base64. */
type Piece = string | Uint8Array

function contentPieces(content: ChatMessage['content']): Piece[] {
  if (typeof content === 'string') return [JSON.stringify(content)]
  // Servers of text models accept text without pictures only as a string.
  if (content.length === 1 && content[0]!.type === 'text') return [JSON.stringify(content[0]!.text)]
  const parts = content.map((part): Piece[] =>
    part.type === 'text'
      ? [JSON.stringify(part)]
      : [
          `{"type":"image_url","image_url":{"url":"data:${part.mime};base64,`,
          part.bytes,
          part.detail ? `","detail":"${part.detail}"}}` : '"}}',
        ],
  )
  return ['[', ...parts.flatMap((pieces, index): Piece[] => (index === 0 ? pieces : [',', ...pieces])), ']']
}

function join(pieces: readonly Piece[]): Buffer {
  const size = (piece: Piece) =>
    typeof piece === 'string' ? Buffer.byteLength(piece) : Math.ceil(piece.length / 3) * 4
  const body = Buffer.allocUnsafe(pieces.reduce((sum, piece) => sum + size(piece), 0))
  let end = 0
  for (const piece of pieces) {
    end += typeof piece === 'string' ? body.write(piece, end, 'utf8') : writeBase64(piece, body, end)
  }
  return body
}

/**
 * Bytes per piece of base64, a multiple of 3: whole pictures as strings cost six times as much, mostly in the garbage
 * collector.
 */
const base64Step = 3 * 2 ** 14

/** Writes bytes as base64 at an offset and returns how many characters that took. */
function writeBase64(bytes: Uint8Array, into: Buffer, at: number): number {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  let end = at
  for (let from = 0; from < source.length; from += base64Step) {
    end += into.write(source.toString('base64', from, Math.min(from + base64Step, source.length)), end, 'latin1')
  }
  return end - at
}
