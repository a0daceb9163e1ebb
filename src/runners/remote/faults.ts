// Recognises faults from the error messages of servers, and suggests remedies. Servers share no error codes, so the
// messages are matched. Each row names the servers whose messages it matches.
import type {SaidError} from './said-error.js'

/**
 * `filtered`: the model, or a filter before or behind it, refuses. `too-long`, `pictures`: the sample is the cause, and
 * others may succeed. `no-pictures`: no sample with pictures can succeed. `loading`: the same request will succeed
 * later. `no-credit`: the account is used up.
 */
export type Fault = 'filtered' | 'too-long' | 'pictures' | 'no-pictures' | 'loading' | 'no-credit'

interface Row {
  readonly fault: Fault
  readonly words: RegExp
  /** Statuses with which these words mean something else. */
  readonly unless?: readonly number[]
  /** Words in whose presence they mean something else. */
  readonly beside?: RegExp
}

/** The first matching row is used. Every quantifier is bounded, because the text comes from outside. */
const rows: readonly Row[] = [
  {
    // OpenAI: insufficient_quota, billing_hard_limit_reached. DeepSeek: Insufficient Balance. OpenRouter: credits.
    fault: 'no-credit',
    words:
      /insufficient[ _](?:quota|balance|credit|fund)|billing_hard_limit|exceeded your current quota|out of credits/i,
  },
  {
    // llama.cpp: image input is not supported. vLLM: is not a multimodal model. OpenRouter: No endpoints found that
    // support image input. LM Studio: Vision add-on is not loaded. Text servers: unknown variant `image_url`, untagged
    // enum ChatCompletionRequestContent, and a content that must be a string (Groq, old Ollama, llama-cpp-python).
    fault: 'no-pictures',
    words:
      /(?:image|vision|multi-?modal)[^.]{0,40}(?:is|are) not supported|(?:does not|doesn't|do not|cannot|not) (?:accept|support|process|handle|take)[^.]{0,30}(?:image|vision|multi-?modal)|not a (?:multi-?modal|vision)|that support image input|unknown variant `?image_url|image_url[^.]{0,10} is only supported|unsupported content part type|untagged enum chatcompletionrequestcontent|mmproj|not compiled for multimodal|vision add-?on is not|content['`"]? ?: value must be a string|cannot unmarshal array into [^;]{0,60}content|concatenate str \(not "list"\)/i,
  },
  {
    // llama.cpp: Loading model. Hugging Face: is currently loading. Ollama: llm server loading model. Bedrock:
    // ModelNotReadyException.
    fault: 'loading',
    words:
      /(?:model|server|runner|engine)[^.]{0,60} (?:is |are )?(?:currently |still |being )?(?:loading|loaded|starting|warming|initiali[sz]ing)(?! (?:with|failed))|(?<!\b(?:error|failed|failure|while|when) )loading (?:the )?model|model[^.]{0,40}not (?:yet )?ready|modelnotready|warming up/i,
    unless: [400, 401, 402, 403, 404, 413, 422],
  },
  {
    // Azure: content_filter, ResponsibleAIPolicyViolation. OpenAI: content_policy_violation, invalid_prompt.
    // DashScope: data_inspection_failed. one-api: sensitive_words_detected. xAI: violates usage guidelines. Zhipu 1301.
    fault: 'filtered',
    words:
      /content[ _-]?(?:filter|polic(?:y|ies)|management polic|moderation)|responsible ?ai ?polic|data_?inspection_?failed|inappropriate content|sensitive[ _](?:words?|content|information)|moderation|input was flagged|(?:prompt|input|request|content|image)[^.]{0,60} (?:was |were |is |been )?(?:flagged|blocked|rejected)[^.]{0,60}(?:safety|polic|harm|filter|guardrail)|violat\w{1,4} [^.]{0,40}(?:usage|content|safety)[^.]{0,20}(?:polic|guideline)|safety (?:system|check|filter|setting)|guardrail[ _]intervened|blocked by (?:the )?(?:guardrail|safety|content)|prohibited_content|敏感|不安全/i,
    unless: [401, 402, 404, 429],
    // A wrong setting, or an account that is locked.
    beside: /invalid content filter policy|\baccount\b|organi[sz]ation|api key/i,
  },
  {
    // vLLM, OpenAI: maximum context length, longer than the maximum model length. llama.cpp: exceed_context_size_error.
    // LM Studio: context the overflows. TGI: `inputs` must have less than. Anthropic: prompt is too long.
    fault: 'too-long',
    words:
      /context[ _-]?(?:length|window|size)|context (?:the )?overflows|maximum (?:model|sequence|input|prompt)[ _]?(?:context )?(?:length|len|tokens)|max_model_len|(?:prompt|input|inputs|request|messages?|string)[^.]{0,40} too (?:long|many tokens)|longer than (?:the )?[^.]{0,40}(?:length|context)|`?inputs`? (?:tokens|must have)|reduce the length|input length|tokens?[^.]{0,40} exceeds?[^.]{0,40}(?:limit|maximum|length)|string_above_max_length/i,
    unless: [401, 402, 403, 404, 429],
  },
  {
    // vLLM: At most 1 image(s) may be provided in one request. Anthropic: image exceeds 5 MB maximum. ModelScope: size
    // exceed limit 2048x2048. Gemini: Request payload size exceeds the limit.
    fault: 'pictures',
    words:
      /at most \d{1,5} (?:image|picture)|too (?:many|much) (?:image|picture|media)|(?:image|picture)s?\b[^;]{0,100}(?:too (?:large|big|small|many)|exceed|at most|maximum|dimension|resolution|absolute aspect|must be larger)|(?:invalid|unsupported|corrupt\w{0,3}) (?:base64 )?(?:image|picture)|(?:could not|failed to|cannot|unable to) (?:process|decode|load|read|identify|open|parse) [^.]{0,20}(?:image|picture)|size exceeds? limit|(?:payload|request|body)[^.]{0,30} (?:too large|exceeds? the limit)/i,
    unless: [401, 402, 403, 404, 429],
  },
]

/** The fault that a server's message describes, if it is known. */
export function faultIn({message, code}: Pick<SaidError, 'message' | 'code'>, status: number): Fault | undefined {
  if (status === 413) return 'pictures'
  const said = `${code} ${message}`.slice(0, longestRead)
  return rows.find(({words, unless, beside}) => !unless?.includes(status) && words.test(said) && !beside?.test(said))
    ?.fault
}

/** Number of characters of an error that are matched. Longer errors only repeat the request. */
const longestRead = 4_000

const maxPixels = 'send smaller pictures with --max-pixels'

/** The remedy for each fault. */
export const adviceFor: Readonly<Record<Fault, string>> = {
  filtered: 'The endpoint filters these prompts or answers; they count as refused.',
  'too-long': `Give the server a longer context, ${maxPixels}, or ask for fewer tokens with --max-new-tokens.`,
  pictures: `To fit the server's limits, ${maxPixels}; a limit of their number is the server's (vLLM: --limit-mm-per-prompt).`,
  'no-pictures': 'Choose a model that takes pictures, or start the server with its vision part (llama.cpp: --mmproj).',
  loading: 'Wait until the server has loaded the model, or raise --timeout.',
  'no-credit': 'The account has no credit left, or is over its quota; the same command resumes.',
}
