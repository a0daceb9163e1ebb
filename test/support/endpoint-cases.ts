// Replies that users of real servers met, with the public page that tells of each. Facts are kept, made small; the
// words of a server stand where a rule reads them.
import {brotliCompressSync, deflateRawSync, deflateSync, gzipSync} from 'node:zlib'
import type {Outcome} from '../../src/core/outcome.js'

export interface EndpointReply {
  readonly status?: number
  readonly headers?: Record<string, string>
  /** Sent as JSON, unless it is a text or bytes. */
  readonly body: unknown
}

export interface EndpointCase {
  readonly name: string
  /** Where it was met. */
  readonly source: string
  readonly reply: (index: number, body: Record<string, unknown>, path: string) => EndpointReply
  /**
   * The outcome of every sample, or a list by sample whose last entry holds for the rest; every gold answer is A. A run
   * that is `given up` asks once and leaves no record.
   */
  readonly want: Outcome | readonly Outcome[] | 'given up'
  /** What stderr says. */
  readonly warns?: RegExp
  /** What every record says was left out. */
  readonly dropped?: readonly string[]
  /** Flags of the run that the case needs. */
  readonly topP?: number
  readonly topK?: number
  readonly temperature?: number
  readonly stop?: readonly string[]
  /** Below the address of the server; `/v1` where none is given. */
  readonly base?: string
}

const usage = {prompt_tokens: 10, completion_tokens: 1}
export const message = (fields: object, choice: object = {}, more: object = {}): EndpointReply => ({
  body: {
    choices: [{index: 0, message: {role: 'assistant', ...fields}, finish_reason: 'stop', ...choice}],
    usage,
    ...more,
  },
})
export const answer = message({content: 'A'})
export const failed = (status: number, error: unknown): EndpointReply => ({status, body: error})
export const openaiError = (fields: object) => ({
  error: {type: 'invalid_request_error', param: null, code: null, ...fields},
})
export const events = (...data: unknown[]) =>
  data.map(one => `data: ${typeof one === 'string' ? one : JSON.stringify(one)}\n\n`).join('')
const chunk = (delta: object, choice: object = {}) => ({
  object: 'chat.completion.chunk',
  choices: [{index: 0, delta, finish_reason: null, ...choice}],
})
export const stream = (body: string): EndpointReply => ({headers: {'content-type': 'text/event-stream'}, body})
const packed = (coding: string, pack: (text: string) => Uint8Array): EndpointReply => ({
  headers: {'content-encoding': coding},
  body: pack(JSON.stringify(answer.body)),
})
/** Refuses a body as long as it holds a key. */
export const without =
  (key: string, refusal: EndpointReply): EndpointCase['reply'] =>
  (_, body) =>
    key in body ? refusal : answer

export const github = (path: string) => `https://github.com/${path}`

export const endpointCases: readonly EndpointCase[] = [
  // --- answers in other places, and thoughts ---
  {
    name: 'Ollama: an empty content and all text in reasoning',
    source: github('ollama/ollama/issues/15288'),
    reply: () => message({content: '', reasoning: 'It is A.'}),
    want: 'unanswered',
    warns: /reasoning/,
  },
  {
    name: 'vLLM: max_tokens reached before the reasoning ended',
    source: github('vllm-project/vllm/issues/52640'),
    reply: () => message({content: null, reasoning: 'Let me see'}, {finish_reason: 'length'}),
    want: 'truncated',
    warns: /max-new-tokens/,
  },
  {
    name: 'vLLM: content null, and nothing at all said',
    source: github('vllm-project/vllm/issues/45736'),
    reply: () => message({content: null}),
    want: 'unanswered',
    warns: /empty/,
  },
  {
    name: 'Mistral: thinking parts that hold parts',
    source: github('mistralai/client-python/pull/621'),
    reply: () =>
      message({
        content: [
          {type: 'thinking', thinking: [{type: 'text', text: 'B?'}]},
          {type: 'text', text: 'A'},
        ],
      }),
    want: 'correct',
  },
  {
    name: 'Mistral: text, an empty thought, and text again',
    source: github('mistralai/client-python/issues/252'),
    reply: () =>
      message({
        content: [
          {type: 'text', text: '('},
          {type: 'thinking', thinking: []},
          {type: 'text', text: 'A)'},
        ],
      }),
    want: 'correct',
  },
  {
    name: 'Bedrock through LiteLLM: thinking_blocks and provider_specific_fields beside the answer',
    source: github('BerriAI/litellm/pull/40775'),
    reply: () =>
      message({
        content: 'A',
        reasoning_content: 'B?',
        thinking_blocks: [{type: 'thinking', thinking: 'B?'}],
        provider_specific_fields: {reasoningContentBlocks: [{reasoningText: {text: 'B?'}}]},
      }),
    want: 'correct',
  },
  {
    name: 'Gemini: no index, no finish reason, and usage with fields of its own',
    source: github('maximhq/bifrost/issues/1489'),
    reply: () => ({
      body: {choices: [{message: {content: 'A'}}], usage: {prompt_tokens: 10, completion_tokens: 1, extra: [1]}},
    }),
    want: 'correct',
  },
  {
    name: 'Ollama: an empty word as reason to finish, and no usage',
    source: github('ollama/ollama/issues/4357'),
    reply: () => message({content: 'A'}, {finish_reason: ''}, {usage: null}),
    want: 'correct',
  },
  {
    name: 'OpenAI: a refusal in a field of its own',
    source: 'https://platform.openai.com/docs/guides/structured-outputs',
    reply: () => message({content: null, refusal: 'I cannot help with that.'}),
    want: 'refused',
  },
  {
    name: 'Perplexity: cost as an object, citations and search results beside the choices',
    source: github('vercel/ai/pull/13705'),
    reply: () =>
      message(
        {content: 'A'},
        {},
        {
          citations: ['https://example.org'],
          usage: {...usage, cost: {input_tokens_cost: 0.001, total_cost: 0.005}},
        },
      ),
    want: 'correct',
  },

  // --- reasons to finish ---
  {
    name: 'Anthropic, Zhipu: model_context_window_exceeded',
    source: github('earendil-works/pi/pull/1868'),
    reply: () => message({content: 'The'}, {finish_reason: 'model_context_window_exceeded'}),
    want: 'truncated',
  },
  {
    name: 'Gemini: MAX_TOKENS in capitals and no content',
    source: github('googleapis/python-genai/issues/782'),
    reply: () => message({}, {finish_reason: 'MAX_TOKENS'}),
    want: 'truncated',
  },
  ...['SAFETY', 'RECITATION', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'IMAGE_SAFETY', 'IMAGE_RECITATION'].map(
    (word): EndpointCase => ({
      name: `Gemini: ${word}`,
      source: github('HKUDS/Vibe-Trading/pull/308'),
      reply: () => message({content: null}, {finish_reason: word}),
      want: 'refused',
    }),
  ),
  {
    name: 'OpenRouter: content_filter on the first sample, usage all zero',
    source: github('sugarforever/chat-ollama/issues/695'),
    reply: index =>
      index === 0
        ? message(
            {content: ''},
            {finish_reason: 'content_filter'},
            {usage: {prompt_tokens: 1296, completion_tokens: 0}},
          )
        : answer,
    want: ['refused', 'correct'],
  },
  {
    name: 'Bedrock: guardrail_intervened',
    source: github('strands-agents/sdk-typescript/pull/563'),
    reply: () => message({content: ''}, {finish_reason: 'guardrail_intervened'}),
    want: 'refused',
  },
  {
    name: 'vLLM: an abort by the engine with status 200',
    source: github('vllm-project/vllm/issues/57082'),
    reply: () => message({content: 'A'}, {finish_reason: 'abort'}),
    want: 'error',
    warns: /abort/,
  },
  {
    name: 'DeepSeek: insufficient_system_resource',
    source: github('genkit-ai/genkit/pull/6259'),
    reply: () => message({content: 'A'}, {finish_reason: 'insufficient_system_resource'}),
    want: 'error',
  },
  {
    name: 'OpenRouter: stop, empty, and network_error in native_finish_reason',
    source: github('earendil-works/pi/issues/8511'),
    reply: () => message({content: ''}, {native_finish_reason: 'network_error'}, {usage: undefined}),
    want: 'error',
    warns: /network_error/,
  },
  {
    name: 'Gemini through LiteLLM: NO_IMAGE, which nobody here has seen',
    source: github('BerriAI/litellm/issues/40477'),
    reply: () => message({content: 'A'}, {finish_reason: 'NO_IMAGE'}),
    want: 'correct',
    warns: /NO_IMAGE/,
  },
  ...['constructor', '__proto__', 'toString'].map(
    (word): EndpointCase => ({
      name: `a reason to finish that every object has: ${word}`,
      source: 'https://cwe.mitre.org/data/definitions/1321.html',
      reply: () => message({content: 'A'}, {finish_reason: word}),
      want: 'correct',
      warns: new RegExp(word),
    }),
  ),

  // --- filters by status ---
  {
    name: 'Azure: 400 content_filter with an inner error',
    source: github('microsoft/TinyTroupe/issues/85'),
    reply: index =>
      index > 1
        ? answer
        : failed(
            400,
            openaiError({
              message:
                "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
              param: 'prompt',
              code: 'content_filter',
              status: 400,
              innererror: {code: 'ResponsibleAIPolicyViolation', content_filter_result: {violence: {filtered: true}}},
            }),
          ),
    want: ['refused', 'refused', 'correct'],
    warns: /content management policy/,
  },
  {
    name: 'DashScope: 400 data_inspection_failed',
    source: github('camel-ai/owl/issues/432'),
    reply: () =>
      failed(400, {
        error: {code: 'data_inspection_failed', param: null, message: 'Input data may contain inappropriate content.'},
      }),
    want: 'refused',
  },
  {
    name: 'one-api: 400 sensitive_words_detected',
    source: github('openai/openai-cookbook/issues/1224'),
    reply: () =>
      failed(400, {error: {message: 'input contains sensitive words: [test]', code: 'sensitive_words_detected'}}),
    want: 'refused',
  },
  {
    name: 'OpenRouter: 403 of its moderation',
    source: 'https://openrouter.ai/docs/api-reference/errors',
    reply: () =>
      failed(403, {
        error: {
          code: 403,
          message: 'Your chosen model requires moderation and your input was flagged',
          metadata: {reasons: ['violence'], flagged_input: 'x', provider_name: 'OpenAI', model_slug: 'm'},
        },
      }),
    want: 'refused',
  },
  {
    name: 'Gemini: no choices, and a reason why the prompt was blocked',
    source: github('machinewrapped/llm-subtrans/issues/292'),
    reply: () => ({body: {promptFeedback: {blockReason: 'PROHIBITED_CONTENT'}, usage}}),
    want: 'refused',
  },

  // --- parameters ---
  {
    name: 'OpenAI: temperature takes the default only',
    source: github('BeehiveInnovations/pal-mcp-server/issues/78'),
    reply: without(
      'temperature',
      failed(
        400,
        openaiError({
          message:
            "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
          param: 'temperature',
          code: 'unsupported_value',
        }),
      ),
    ),
    want: 'correct',
    warns: /temperature/,
    dropped: ['temperature'],
  },
  {
    name: 'OpenAI: max_tokens is named max_completion_tokens, and temperature goes too',
    source: github('HumanSignal/Adala/pull/325'),
    reply: (_, body) =>
      'max_tokens' in body
        ? failed(
            400,
            openaiError({
              message:
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
              param: 'max_tokens',
              code: 'unsupported_parameter',
            }),
          )
        : without(
            'temperature',
            failed(400, openaiError({message: "Unsupported parameter: 'temperature'.", param: 'model'})),
          )(0, body, ''),
    want: 'correct',
    dropped: ['temperature'],
  },
  {
    name: 'Mistral on Azure: seed is forbidden, as a list of details',
    source: github('langchain-ai/langchain-azure/issues/82'),
    reply: without(
      'seed',
      failed(422, {
        detail: [{type: 'extra_forbidden', loc: ['body', 'seed'], msg: 'Extra inputs are not permitted', input: 123}],
      }),
    ),
    temperature: 0.7,
    want: 'correct',
    warns: /seed/,
    dropped: ['seed'],
  },
  {
    name: 'Mistral: neither name of the token limit, with the details within the message',
    source: github('editor-code-assistant/eca/issues/231'),
    reply: (_, body) => {
      const name = ['max_tokens', 'max_completion_tokens'].find(key => key in body)
      const detail = [{type: 'extra_forbidden', loc: ['body', name], msg: 'Extra inputs are not permitted', input: 16}]
      return name === undefined
        ? answer
        : failed(422, {object: 'error', message: {detail}, type: 'invalid_request_error', param: null, code: null})
    },
    want: 'correct',
    dropped: ['max_tokens'],
  },
  {
    name: 'Gemini: unknown names as a list of errors, of which top_k was sent',
    source: github('MinLL/SkyrimNet-GamePlugin/issues/77'),
    reply: without(
      'top_k',
      failed(400, [
        {
          error: {
            code: 400,
            message: 'Invalid JSON payload received. Unknown name "top_k": Cannot find field.',
            status: 'INVALID_ARGUMENT',
          },
        },
      ]),
    ),
    topK: 5,
    temperature: 0.7,
    want: 'correct',
    dropped: ['top_k'],
  },
  {
    name: 'Anthropic on Bedrock: temperature and top_p exclude each other',
    source: github('aws-samples/bedrock-access-gateway/issues/191'),
    reply: (_, body) =>
      'temperature' in body && 'top_p' in body
        ? failed(400, {
            detail:
              'An error occurred (ValidationException) when calling the Converse operation: The model returned the following errors: `temperature` and `top_p` cannot both be specified for this model. Please use only one.',
          })
        : answer,
    topP: 0.9,
    want: 'correct',
    warns: /top_p/,
    dropped: ['top_p'],
  },
  {
    name: 'Anthropic through LiteLLM: temperature is deprecated, three bodies deep',
    source: github('RooCodeInc/Roo-Code/issues/12162'),
    reply: without(
      'temperature',
      failed(400, {
        error: {
          message: `litellm.BadRequestError: BedrockException - ${JSON.stringify({message: '`temperature` is deprecated for this model.'})}`,
          type: null,
          param: null,
          code: '400',
        },
      }),
    ),
    want: 'correct',
    dropped: ['temperature'],
  },
  {
    name: 'TGI: a temperature of 0 is not strictly positive',
    source: github('vibrantlabsai/ragas/issues/264'),
    reply: without(
      'temperature',
      failed(422, {error: 'Input validation error: `temperature` must be strictly positive', error_type: 'validation'}),
    ),
    want: 'correct',
    dropped: ['temperature'],
  },
  {
    name: 'GigaChat: the temperature is out of range',
    source: github('ai-forever/gigachain/issues/237'),
    reply: without(
      'temperature',
      failed(422, {status: 422, message: 'Invalid params: temperature must be in range (0, +inf)'}),
    ),
    want: 'correct',
    dropped: ['temperature'],
  },
  {
    name: 'OpenRouter: the provider that refuses top_k speaks in metadata.raw',
    source: github('reVrost/go-openrouter/pull/21'),
    reply: without(
      'top_k',
      failed(400, {
        error: {
          message: 'Provider returned error',
          code: 400,
          metadata: {
            raw: JSON.stringify(openaiError({message: 'Unrecognized request argument supplied: top_k'})),
            provider_name: 'OpenAI',
          },
        },
      }),
    ),
    topK: 5,
    want: 'correct',
    dropped: ['top_k'],
  },

  // --- faults of a sample ---
  ...(
    [
      [
        'vLLM: more pictures than the server takes',
        'vllm-project/vllm/issues/13513',
        failed(400, {object: 'error', message: 'At most 1 image(s) may be provided in one request.', code: 400}),
        /max-pixels|limit-mm-per-prompt/,
      ],
      [
        'SGLang: longer than the context',
        'QwenLM/Qwen3/issues/1321',
        failed(400, {
          object: 'error',
          message: "The input (61709 tokens) is longer than the model's context length (40960 tokens).",
          type: 'BadRequestError',
          code: 400,
        }),
        /max-pixels/,
      ],
      [
        'vLLM: prompt and new tokens together are too many',
        'vllm-project/vllm/issues/20409',
        failed(400, {
          object: 'error',
          message:
            "This model's maximum context length is 16384 tokens. However, you requested 19591 tokens (9591 in the messages, 10000 in the completion). Please reduce the length of the messages or completion.",
          code: 400,
        }),
        /max-new-tokens/,
      ],
      [
        'llama.cpp: exceed_context_size_error with status 200',
        'oobabooga/textgen/issues/7257',
        {
          body: {
            error: {
              code: 400,
              message: 'the request exceeds the available context size. try increasing the context size',
              type: 'exceed_context_size_error',
              n_prompt_tokens: 14429,
              n_ctx: 8192,
            },
          },
        },
        /context/,
      ],
      [
        'LM Studio: context overflow as a text with status 400',
        'lmstudio-ai/lmstudio-bug-tracker/issues/237',
        failed(400, {
          error:
            'Trying to keep the first 15857 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.',
        }),
        /context/,
      ],
      [
        'Anthropic: a picture of more than 5 MB',
        'anthropics/claude-code/issues/19631',
        failed(400, {
          type: 'error',
          error: {
            type: 'invalid_request_error',
            message:
              'messages.0.content.0.image.source.base64: image exceeds 5 MB maximum: 8259148 bytes > 5242880 bytes',
          },
        }),
        /max-pixels/,
      ],
      [
        'Anthropic: a side of more than 8000 pixels',
        'anthropics/claude-code/issues/4778',
        failed(400, {
          type: 'error',
          error: {
            type: 'invalid_request_error',
            message:
              'messages.7.content.2.image.source.base64.data: At least one of the image dimensions exceed max allowed size: 8000 pixels',
          },
        }),
        /max-pixels/,
      ],
      [
        'ModelScope: the size exceeds a limit, under "errors"',
        'zai-org/Open-AutoGLM/issues/381',
        failed(400, {
          errors: {message: 'input size exceed limit 2048x2048,current input:(1080,2376)', request_id: 'x'},
        }),
        /2048x2048/,
      ],
      [
        'OpenRouter: the number of pictures, in metadata.raw',
        'diegosouzapw/OmniRoute/issues/3044',
        failed(400, {
          error: {
            message: 'Provider returned error',
            code: 400,
            metadata: {
              raw: JSON.stringify({
                error: {message: "Model 'moonshotai/kimi-k2.6' supports at most 1 image per prompt."},
              }),
              provider_name: 'Crucible',
            },
          },
        }),
        /at most 1 image/,
      ],
      [
        'nginx: 413 with a page',
        'https://nginx.org/en/docs/http/ngx_http_core_module.html#client_max_body_size',
        {
          status: 413,
          headers: {'content-type': 'text/html'},
          body: '<html><head><title>413 Request Entity Too Large</title></head></html>',
        },
        /Entity Too Large.*max-pixels/s,
      ],
    ] as const
  ).map(
    ([name, page, refusal, warns]): EndpointCase => ({
      name: `${name}, for the first three samples`,
      source: page.startsWith('https:') ? page : github(page),
      reply: index => (index < 3 ? refusal : answer),
      want: ['error', 'error', 'error', 'correct'],
      warns,
    }),
  ),

  // --- other errors, in the provider's words ---
  {
    name: 'OpenRouter: a rate limit upstream, as plain text in metadata.raw',
    source: github('open-webui/computer/issues/293'),
    reply: index =>
      index === 0
        ? answer
        : failed(429, {
            error: {
              message: 'Provider returned error',
              code: 429,
              metadata: {
                raw: 'the model is temporarily rate-limited upstream. Please retry shortly',
                provider_name: 'B',
              },
            },
          }),
    want: ['correct', 'error'],
    warns: /rate-limited upstream/,
  },
  {
    name: 'FastAPI: details with their places',
    source: github('hiyouga/LlamaFactory/issues/5667'),
    reply: () =>
      failed(422, {
        detail: [
          {type: 'string_type', loc: ['body', 'messages', 0, 'content', 'str'], msg: 'Input should be a valid string'},
        ],
      }),
    want: 'error',
    warns: /body\.messages\.0\.content\.str: Input should be a valid string/,
  },
  {
    name: 'a gateway: the body of the provider as text within the message',
    source: github('lbjlaq/Antigravity-Manager/issues/1942'),
    reply: () =>
      failed(400, {
        error: {
          code: 400,
          message: JSON.stringify({error: {code: 400, message: 'Request contains an invalid argument.'}}),
          status: 'UPSTREAM_ERROR',
        },
      }),
    want: 'error',
    warns: /HTTP 400: Request contains an invalid argument/,
  },
  {
    name: 'nativ: an error as an event of a stream',
    source: github('Blaizzy/nativ/pull/195'),
    reply: () => stream(events({error: 'thinking_budget is not supported with speculative decoding in the server.'})),
    want: 'error',
    warns: /speculative decoding/,
  },
  {
    name: 'OpenRouter: Provider returned error in the place of choices, with status 200',
    source: 'https://openrouter.ai/docs/api-reference/errors',
    reply: index =>
      index === 0 ? answer : {body: {error: {message: 'Provider returned error', code: 502}, user_id: 'x'}},
    want: ['correct', 'error'],
    warns: /Provider returned error/,
  },
  {
    name: 'TGI: an error in the place of a reply, with status 200',
    source: github('huggingface/text-generation-inference/issues/2749'),
    reply: index =>
      index === 0 ? answer : {body: {error: 'Input validation error: unknown', error_type: 'validation'}},
    want: ['correct', 'error'],
    warns: /Input validation error/,
  },

  // --- streams and packings ---
  {
    name: '9router: a whole reply and the end mark of a stream behind it',
    source: github('decolua/9router/issues/3492'),
    reply: () => stream(`${JSON.stringify(answer.body)}\n\ndata: [DONE]\n\n`),
    want: 'correct',
  },
  {
    name: 'a stream that nobody asked for, as OpenRouter sends it, with comments',
    source: github('openai/openai-go/issues/227'),
    reply: () =>
      stream(
        `: OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n${events(
          chunk({role: 'assistant', content: ''}),
          chunk({content: '(A'}),
          chunk({content: ')'}, {finish_reason: 'stop'}),
          {choices: [], usage},
          '[DONE]',
        )}`,
      ),
    want: 'correct',
  },
  {
    name: 'SGLang: a stream whose thoughts come as reasoning_content, roles null',
    source: github('sgl-project/sglang/issues/4550'),
    reply: () =>
      stream(
        events(
          chunk({role: null, content: null, reasoning_content: 'B?'}, {matched_stop: null}),
          chunk({role: null, content: 'A', reasoning_content: null}, {finish_reason: 'stop', matched_stop: 151645}),
          '[DONE]',
        ),
      ),
    want: 'correct',
  },
  {
    name: 'Mistral: a stream whose deltas hold thinking parts',
    source: github('agentjido/req_llm/issues/742'),
    reply: () =>
      stream(
        events(
          chunk({content: [{type: 'thinking', thinking: [{type: 'text', text: 'B?'}]}]}),
          chunk({content: [{type: 'text', text: 'A'}]}, {finish_reason: 'stop'}),
        ),
      ),
    want: 'correct',
  },
  {
    name: 'DeepSeek: a stream that stops without its last event',
    source: github('deepseek-ai/DeepSeek-V3/issues/1608'),
    reply: index => (index === 0 ? answer : stream(events(chunk({content: 'A'})))),
    want: ['correct', 'error'],
  },
  {
    name: 'a stream with lines of \\r\\n and no blank between events',
    source: 'https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream',
    reply: () =>
      stream(
        [chunk({content: 'A'}), chunk({}, {finish_reason: 'stop'})]
          .map(one => `data:${JSON.stringify(one)}\r\n`)
          .join(''),
      ),
    want: 'correct',
  },
  {
    name: 'a byte order mark before the reply',
    source: 'https://www.rfc-editor.org/rfc/rfc8259#section-8.1',
    reply: () => ({body: `\uFEFF${JSON.stringify(answer.body)}`}),
    want: 'correct',
  },
  {
    name: 'OpenAI behind Cloudflare: Brotli',
    source: github('spring-projects/spring-ai/issues/2345'),
    reply: () => packed('br', text => brotliCompressSync(text)),
    want: 'correct',
  },
  {
    name: 'a company gateway: gzip, also for an error',
    source: github('Anionex/agent-vision-toolkit/pull/36'),
    reply: index =>
      index === 0
        ? packed('gzip', text => gzipSync(text))
        : {
            status: 400,
            headers: {'content-encoding': 'gzip'},
            body: gzipSync(JSON.stringify({error: {message: 'no such voice'}})),
          },
    want: ['correct', 'error'],
    warns: /no such voice/,
  },
  {
    name: 'deflate with the header of zlib',
    source: 'https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.2',
    reply: () => packed('deflate', text => deflateSync(text)),
    want: 'correct',
  },
  {
    name: 'deflate without the header of zlib',
    source: 'https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.2',
    reply: () => packed('deflate', text => deflateRawSync(text)),
    want: 'correct',
  },
  {
    name: 'Vercel: the header of a packing that was undone on the way',
    source: github('ChatGPTNextWeb/NextChat/pull/3215'),
    reply: () => ({...answer, headers: {'content-encoding': 'br'}}),
    want: 'correct',
  },

  // --- a model that loads ---
  {
    name: 'llama.cpp: 503 Loading model, twice',
    source: github('canonical/inference-snaps/issues/234'),
    reply: index =>
      index < 2 ? failed(503, {error: {message: 'Loading model', type: 'unavailable_error', code: 503}}) : answer,
    want: 'correct',
    warns: /loads its model/,
  },
  {
    name: 'Hugging Face: 503 is currently loading, with an estimate',
    source: github('huggingface/transformers/issues/32665'),
    reply: index =>
      index === 0 ? failed(503, {error: 'Model m/m-13b is currently loading', estimated_time: 20.0}) : answer,
    want: 'correct',
    warns: /loads its model/,
  },

  // --- where it lies ---
  {
    name: 'vLLM: a base URL without /v1',
    source: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html',
    base: '',
    reply: (_, _body, path) => (path === '/v1/chat/completions' ? answer : {status: 404, body: {detail: 'Not Found'}}),
    want: 'correct',
  },
  {
    name: 'OpenRouter: a base URL without /v1, whose pages are HTML',
    source: github('pfrankov/obsidian-local-gpt/issues/22'),
    base: '/api',
    reply: (_, _body, path) =>
      path === '/api/v1/chat/completions'
        ? answer
        : {headers: {'content-type': 'text/html'}, body: '<!DOCTYPE html><html></html>'},
    want: 'correct',
  },
  {
    name: 'Perplexity: completions without /v1',
    source: github('kardolus/chatgpt-cli/issues/149'),
    base: '/',
    reply: (_, _body, path) => (path === '/chat/completions' ? answer : {status: 404, body: {}}),
    want: 'correct',
  },
  {
    name: 'Azure: the version in the query of the base URL',
    source: github('Azure-Samples/azure-search-openai-demo/issues/36'),
    base: '/openai/deployments/gpt-4o?api-version=2024-10-21',
    reply: (_, _body, path) =>
      path === '/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21'
        ? answer
        : failed(404, {
            error: {
              code: 'MissingApiVersionParameter',
              message: 'The api-version query parameter (?api-version=) is required for all requests.',
            },
          }),
    want: 'correct',
  },
  {
    name: 'Gemini: /v1beta/openai/ with a slash at its end',
    source: 'https://ai.google.dev/gemini-api/docs/openai',
    base: '/v1beta/openai/',
    reply: (_, _body, path) => (path === '/v1beta/openai/chat/completions' ? answer : {status: 404, body: {}}),
    want: 'correct',
  },
  {
    name: 'the whole address of the completions as base URL',
    source: 'https://platform.openai.com/docs/api-reference/chat/create',
    base: '/v1/chat/completions/',
    reply: (_, _body, path) => (path === '/v1/chat/completions' ? answer : {status: 404, body: {}}),
    want: 'correct',
  },
]
