// The marks that model families put around thoughts and turns. Data for visible-text.ts.
// A new family needs one row here and one text in fixtures/extraction/.

export interface ThoughtMark {
  readonly name: string
  /** The mark that begins a thought; null if the family only marks the answer that follows. */
  readonly open: RegExp | null
  /**
   * The mark that ends a thought. If no thought was opened, everything before the mark is a thought, because the prompt
   * may have opened it.
   */
  readonly close: RegExp
  readonly example: string
  readonly source: string
}

const thought =
  '(?:think|thinking|thought|thoughts|analysis|reasoning|reason|rationale|scratchpad|reflection|deliberation|cot)'
/** `seed:think`, `thought_process`, `think fast="1"`. */
const tagName = `(?:[\\w.]{1,20}[:_-])?${thought}(?:[:_-]\\w{1,20})?(?:\\s[^<>]{0,80})?`

export const thoughtMarks: readonly ThoughtMark[] = [
  {
    name: 'tag',
    open: new RegExp(`<${tagName}>`, 'gi'),
    close: new RegExp(`</${tagName}>`, 'gi'),
    example: '<think>A?</think>B',
    source: 'DeepSeek-R1, Qwen3, GLM-4.5V, Seed-OSS (`seed:think`) and most others: their chat templates',
  },
  {
    name: 'bracket',
    open: new RegExp(`\\[${thought}\\]`, 'gi'),
    close: new RegExp(`\\[/${thought}\\]`, 'gi'),
    example: '[THINK]A?[/THINK]B',
    source: 'mistralai/Magistral: SYSTEM_PROMPT.txt',
  },
  {
    name: 'triangle',
    open: /◁think▷/gi,
    close: /◁\/think▷/gi,
    example: '◁think▷A?◁/think▷B',
    source: 'moonshotai/Kimi-VL-A3B-Thinking: model card',
  },
  {
    name: 'token',
    open: /<\|(?:(?:begin|start)_of_(?:thought|thinking)|(?:start|begin)_(?:thinking|think|thought)|(?:think|thinking|thought)(?:_(?:start|begin))?)\|>/gi,
    close:
      /<\|(?:end_of_(?:thought|thinking)|end_(?:thinking|think|thought)|\/(?:think|thinking|thought)|(?:think|thinking|thought)_end|begin_of_solution|start_(?:response|text))\|>/gi,
    example: '<|begin_of_thought|>A?<|end_of_thought|><|begin_of_solution|>B',
    source: 'NovaSky-AI/Sky-T1, open-thoughts; CohereLabs/command-a-reasoning (START_THINKING)',
  },
  {
    name: 'channel',
    open: /<\|channel\|>\s{0,9}(?:analysis|commentary)/gi,
    close: /<\|channel\|>\s{0,9}final[^<]{0,80}(?:<\|message\|>)?/gi,
    example: '<|channel|>analysis<|message|>A?<|end|><|start|>assistant<|channel|>final<|message|>B',
    source: 'openai/harmony: docs/format.md',
  },
  {
    name: 'channel without its tokens',
    open: /^\s{0,20}(?:assistant)?analysis(?=[A-Z])/g,
    close: /assistantfinal/g,
    example: 'analysisA?assistantfinalB',
    source: 'the same where a server skips special tokens',
  },
  {
    name: 'thought channel',
    open: /<\|channel>\s{0,9}thought|<unused94>\s{0,9}thought/gi,
    close: /<channel\|>|<unused95>/gi,
    example: '<|channel>thought\nA?<channel|>B',
    source: 'google/gemma-4, google/medgemma: chat templates and model cards',
  },
  {
    name: 'sentence',
    open: /Here(?:['’]s| is) my thought process:/gi,
    close: /Here(?:['’]s| is) my response:/gi,
    example: 'Here is my thought process: A? Here is my response: B',
    source: 'ibm-granite/granite-3.2: chat template',
  },
  {
    name: 'heading',
    open: /(?<=^|\n)#{1,3} thinking[^\S\n]{0,9}\n/gi,
    close: /(?<=^|\n)#{1,3} final response[^\S\n]{0,9}\n/gi,
    example: '## Thinking\n\nA?\n\n## Final Response\n\nB',
    source: 'FreedomIntelligence/HuatuoGPT-o1: README',
  },
  {
    name: 'answer part',
    open: null,
    close: /\[BEGIN FINAL RESPONSE\]|<conclusion>|\[\/INST\]/gi,
    example: 'Perhaps A. [BEGIN FINAL RESPONSE]B[END FINAL RESPONSE]',
    source:
      'ServiceNow-AI/Apriel-1.5-15b-Thinker; Xkev/Llama-3.2V-11B-cot (`<CONCLUSION>`); an echoed prompt of Llama 2: model cards',
  },
]

/**
 * The marks that end a turn: everything after one is an invented next turn. `<|end|>` between the channels of one turn
 * does not end it.
 * Sources: chat templates of Qwen, Llama 2 to 4, Gemma, Phi, Mistral, DeepSeek, Command, OLMo.
 */
export const turnEnd =
  /<\|(?:im_end|eot_id|eom_id|endoftext|end_of_text|end_of_turn|end_of_turn_token|end▁of▁sentence|end_response|return|eot|user|human|im_user)\|>|<\|end\|>(?!\s{0,9}<\|start\|>assistant)|<\|(?:im_start|start)\|>\s{0,9}user|<\|start_header_id\|>\s{0,9}user|<start_of_turn>\s{0,9}user|<\/s>|<(?:eos|end_of_turn|end_of_utterance|turn\|)>|\[INST\]|\[END FINAL RESPONSE\]/gi

/** The role that a chat template writes after the mark of a new turn. */
export const turnHead =
  /(?:<\|(?:im_start|start|start_header_id)\|>|<start_of_turn>)\s{0,9}(?:assistant|model)\b(?:<\|end_header_id\|>)?/gi

/** An invented next turn in plain words, at the beginning of a line: "Human: ...", "### Instruction: ...". */
export const nextSpeaker =
  /\n[^\S\n]{0,9}(?:(?:#{1,6}[^\S\n]{0,9}|\*\*)?(?:human|user|用户)(?:\*\*)?[^\S\n]{0,2}:|#{1,6}[^\S\n]{0,9}(?:instruction|input|human|user)\b)/gi

/** An invented next question. An answer may quote its own question, so this ends the text only after an answer. */
export const nextQuestion =
  /\n[^\S\n]{0,9}(?:#{1,6}[^\S\n]{0,9})?(?:\*\*)?(?:question|q|问题|题目)(?:\*\*)?[^\S\n]{0,2}(?:\d{1,3}[^\S\n]{0,2})?[:：]/gi
