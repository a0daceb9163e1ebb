// More replies that users met, beside those of endpoint-cases.ts: each of them was once read wrongly here.
import {
  answer,
  type EndpointCase,
  events,
  failed,
  github,
  message,
  openaiError,
  stream,
  without,
} from './endpoint-cases.js'

const anthropic = (text: string) => failed(400, {type: 'error', error: {type: 'invalid_request_error', message: text}})

/** Every request fails: the run is given up at the first. */
const noPictures = (name: string, page: string, reply: ReturnType<typeof failed>): EndpointCase => ({
  name: `${name}, which no request with a picture passes`,
  source: github(page),
  reply: () => reply,
  want: 'given up',
  warns: /Choose a model that takes pictures/,
})

const firstThree = (name: string, source: string, refusal: ReturnType<typeof failed>, warns: RegExp): EndpointCase => ({
  name: `${name}, for the first three samples`,
  source,
  reply: index => (index < 3 ? refusal : answer),
  want: ['error', 'error', 'error', 'correct'],
  warns,
})

export const moreEndpointCases: readonly EndpointCase[] = [
  // --- stop strings, which are cut here in any case ---
  ...(
    [
      [
        'OpenAI: stop is not supported',
        'crewAIInc/crewAI/issues/4149',
        failed(
          400,
          openaiError({
            message: "Unsupported parameter: 'stop' is not supported with this model.",
            param: 'stop',
            code: 'unsupported_parameter',
          }),
        ),
      ],
      [
        'xAI through LiteLLM: stop, in a body within a sentence',
        'BerriAI/litellm/issues/12635',
        failed(
          400,
          openaiError({
            message:
              'litellm.BadRequestError: XaiException - {"code":"Client specified an invalid argument","error":"Argument not supported on this model: stop"}. Received Model Group=m',
          }),
        ),
      ],
      [
        'Vertex: stop is called stopSequences',
        'GoogleCloudPlatform/vertex-ai-samples/issues/3515',
        failed(400, [
          {
            error: {
              code: 400,
              message: 'Unable to submit request because the model does not support the stopSequences parameter.',
              status: 'INVALID_ARGUMENT',
            },
          },
        ]),
      ],
      [
        'Anthropic: stop_sequences of white space',
        'BerriAI/litellm/issues/3286',
        anthropic('stop_sequences: each stop sequence must contain non-whitespace'),
      ],
    ] as const
  ).map(
    ([name, page, refusal]): EndpointCase => ({
      name,
      source: github(page),
      reply: without('stop', refusal),
      stop: ['\n\n'],
      want: 'correct',
      dropped: ['stop'],
    }),
  ),

  // --- servers without pictures, in other words ---
  noPictures(
    'LM Studio: its vision add-on is not loaded, with status 200',
    'lmstudio-ai/lms/issues/362',
    failed(200, {
      error: {message: 'ValueError: Vision add-on is not loaded, but images were provided for processing'},
    }),
  ),
  noPictures(
    "llama.cpp: the projector can't be loaded, which is not a model that still loads",
    'ggml-org/llama.cpp/issues/8595',
    failed(500, {
      error: {
        code: 500,
        message: "The server was not compiled for multimodal or the model projector can't be loaded.",
        type: 'server_error',
      },
    }),
  ),
  noPictures(
    'llama-cpp-python: a text cannot be joined to a list',
    'abetlen/llama-cpp-python/issues/1168',
    failed(500, {error: {message: 'can only concatenate str (not "list") to str', type: 'internal_server_error'}}),
  ),
  noPictures(
    'Ollama, its older API: content of type string',
    'BerriAI/litellm/issues/4515',
    failed(400, {
      error: 'json: cannot unmarshal array into Go struct field Message.messages.content of type string',
    }),
  ),
  noPictures(
    'Groq: the content must be a string',
    'OpenHands/OpenHands/issues/4643',
    failed(
      400,
      openaiError({
        message:
          "'messages.0' : for 'role:user' the following must be satisfied[('messages.0.content' : value must be a string)]",
      }),
    ),
  ),

  // --- faults of a sample ---
  firstThree(
    'Anthropic: too much media',
    github('anthropics/claude-code/issues/3397'),
    anthropic('Too much media: 0 document pages + 103 images > 100'),
    /max-pixels/,
  ),
  firstThree(
    'Gemini: the payload exceeds its limit',
    github('google-gemini/deprecated-generative-ai-android/issues/26'),
    failed(400, [{error: {code: 400, message: 'Request payload size exceeds the limit: 4194304 bytes.'}}]),
    /max-pixels/,
  ),
  firstThree(
    'Apigee: a fault with a faultstring',
    'https://cloud.google.com/apigee/docs/api-platform/fundamentals/what-you-need-know-about-policy-errors',
    failed(400, {fault: {faultstring: 'The policy refused it', detail: {errorcode: 'policies.x'}}}),
    /The policy refused it/,
  ),

  // --- reasons, choices and bodies in other forms ---
  {
    name: 'a camel-cased reason to finish',
    source: 'https://ai.google.dev/api/generate-content#FinishReason',
    reply: () => message({content: 'Let me'}, {finish_reason: undefined, finishReason: 'MAX_TOKENS'}),
    want: 'truncated',
  },
  {
    name: 'OpenAI, vision preview: finish_details in place of a reason',
    source: 'https://github.com/openai/openai-openapi/issues/136',
    reply: () => message({content: 'Let me'}, {finish_reason: null, finish_details: {type: 'max_tokens'}}),
    want: 'truncated',
  },
  {
    name: 'finish_details in a stream',
    source: 'https://github.com/openai/openai-openapi/issues/136',
    reply: () =>
      stream(
        events(
          {choices: [{index: 0, delta: {content: 'Let me'}}]},
          {choices: [{index: 0, delta: {}, finish_details: {type: 'max_tokens'}}]},
        ),
      ),
    want: 'truncated',
  },
  {
    name: 'choices out of order',
    source: 'https://platform.openai.com/docs/api-reference/chat/object',
    reply: () => ({
      body: {
        choices: [
          {index: 1, message: {content: 'B'}, finish_reason: 'stop'},
          {index: 0, message: {content: 'A'}, finish_reason: 'stop'},
        ],
      },
    }),
    want: 'correct',
  },
  {
    name: 'DashScope: the choices within output',
    source: 'https://www.alibabacloud.com/help/en/model-studio/qwen-api-reference',
    reply: () => ({
      body: {output: {choices: [{finish_reason: 'stop', message: {role: 'assistant', content: [{text: 'A'}]}}]}},
    }),
    want: 'correct',
  },
  {
    name: 'LoRAX: the completion within a list',
    source: github('predibase/lorax/pull/281'),
    reply: () => ({body: [answer.body]}),
    want: 'correct',
  },
  {
    name: 'MiniMax: no choices, and the reason in base_resp',
    source: 'https://platform.minimax.io/docs/api-reference/errorcode',
    reply: () => ({body: {choices: null, base_resp: {status_code: 1004, status_msg: 'login fail: carry the key'}}}),
    want: 'error',
    warns: /login fail/,
  },
  {
    name: 'MiniMax: an answer that it holds back',
    source: github('higress-group/higress/pull/1593'),
    reply: () => message({content: ''}, {}, {output_sensitive: true, base_resp: {status_code: 1027}}),
    want: 'refused',
  },
]
