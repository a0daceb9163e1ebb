// The phrases that announce an answer, and those that retract one, for this project's own rule. Data for
// declarations.ts. A new language needs its word for "answer" in `answerWords` and its word for "is" in `isWords`.

export interface Cue {
  readonly name: string
  /** Strong announcements beat weak ones; among equally strong ones the last counts. */
  readonly strength: 'strong' | 'weak'
  /** Ignores case; ends where the letter or the option text is expected. */
  readonly pattern: RegExp
  /** If found in the match, the announcement is retracted. */
  readonly unless?: RegExp
  /** A text from which B must be read (of four options), although other letters occur in it. */
  readonly example: string
}

const noun = '(?:answer|choice|option|selection|letter)'
const be =
  '(?:is|was|would\\s{1,9}be|should\\s{1,9}be|must\\s{1,9}be|has\\s{1,9}to\\s{1,9}be|will\\s{1,9}be|seems\\s{1,9}to\\s{1,9}be|appears\\s{1,9}to\\s{1,9}be|remains)'
const right = '(?:correct|right|best|closest|true|most\\s{1,9}[a-z]{2,20})'

/** "Answer" in other languages, as word stems: Latin and Cyrillic scripts, Greek, then scripts of their own. */
const answerWords = [
  ...['respuesta', 'resposta', 'risposta', 'réponse', 'antwort', 'lösung', 'antwoord', 'svar', 'vastaus', 'válasz'],
  ...['răspuns', 'odpowied[źz]', 'odpov[ěe][ďd]', 'odgovor', 'cevap', 'yanıt', 'jawaban', 'đáp án', 'trả lời', 'sagot'],
  ...['ответ', 'відповідь', 'отговор', 'одговор', 'απάντηση'],
  ...['उत्तर', 'जवाब', 'উত্তর', 'பதில்', 'คำตอบ', 'إجابة', 'الإجابة', 'الجواب', 'پاسخ', 'جواب', 'תשובה'],
].join('|')
const isWords = [
  ...['es', 'é', 'è', 'est', 'ist', 'lautet', 'is', 'är', 'er', 'on', 'to', 'je', 'jest', 'este', 'az', 'adalah'],
  ...['là', 'είναι', 'है', 'হল', 'คือ', 'هي', 'هو', 'היא', 'است'],
].join('|')

/** "La respuesta no es A". */
const negated = /(?<!\p{L})(?:no|non|não|nicht|pas|не|nie|niet|inte|ikke|ei|nu|không|bukan|नहीं)(?!\p{L})/iu

const cue = (strength: Cue['strength'], name: string, pattern: string, example: string): Cue => ({
  ...{strength, name, example},
  pattern: new RegExp(pattern, 'giu'),
})

export const cues: readonly Cue[] = [
  cue(
    'strong',
    'answer-is',
    `\\b${noun}(?:\\s{1,9}[^\\s.!?:]{1,20}){0,6}?\\s{1,9}${be}\\b(?![^\\S\\n]{0,9}n[o']t)`,
    'The answer to this is B, for A and C fail',
  ),
  cue(
    'strong',
    'answer-colon',
    `\\b(?:${noun}|conclusion|final|verdict|prediction)["'”’)\\]]{0,2}\\s{0,9}(?:[:=→]|[-–—]{1,2}>?\\s)`,
    'A and C fail. Answer: B',
  ),
  cue(
    'strong',
    'answer-heading',
    `(?:^|\\n)[^\\S\\n]{0,9}(?:final|correct|my|the)?[^\\S\\n]{0,9}(?:answer|choice|conclusion|verdict)[^\\S\\n]{0,9}\\n`,
    'A and C fail.\nFinal answer\nB',
  ),
  cue('strong', 'question-and-answer', '(?:^|\\n)q:[^\\n]{0,300}\\n\\s{0,9}a:', 'Q: Is it A or C?\nA: B'),
  cue(
    'strong',
    'right-one-is',
    `\\b${right}\\s{1,9}(?:[a-z]{1,20}\\s{1,9}){0,4}?${be}\\b`,
    'The closest of them is B, not A or C',
  ),
  cue(
    'strong',
    'i-choose',
    `\\b(?:i|we)(?:\\s{1,9}(?:would|will|shall|must|can|have\\s{1,9}to)|['’](?:d|ll))?\\s{1,9}(?:choose|chose|select|pick|say|answer|guess|conclude|vote\\s{1,9}for|opt\\s{1,9}for|go\\s{1,9}(?:with|for))\\b`,
    "I'd go with B, for A and C fail",
  ),
  cue(
    'strong',
    'chinese',
    '(?:答案|正确选项|正确答案)(?:应该|应当|应)?(?:是|为|選|选|[:：])|(?:应该|应当|因此|所以|我)?[选選](?![项項])(?:择|擇)?',
    '因为A和C都有光泽，所以答案是B',
  ),
  cue('strong', 'korean', '(?:정답은|정답:|답은|답:)', 'A와 C는 아니고 정답은 B입니다'),
  cue('strong', 'japanese', '(?:答えは|正解は|答え:|正解:|回答:|回答は)', 'AとCは光る。答えはBです'),
  {
    ...cue(
      'strong',
      'other-languages',
      `(?<![\\p{L}\\p{M}])(?:${answerWords})[\\p{L}\\p{M}]{0,5}(?:\\s{1,9}[\\p{L}\\p{M}'’]{1,15}){0,2}?\\s{0,9}(?:(?:${isWords})(?![\\p{L}\\p{M}])|[:=–—-])`,
      'A et C brillent. La bonne réponse est B',
    ),
    unless: negated,
  },
  cue('weak', 'it-is', `\\b(?:it|that|this|which)(?:\\s{1,9}${be}|['’]s)\\b`, "It's B, unlike A or C"),
  cue(
    'weak',
    'would-be',
    '\\b(?:would|should|must)\\s{1,9}(?:likely\\s{1,9}|probably\\s{1,9})?be\\b',
    'Neither A nor C: this one would be B',
  ),
  cue(
    'weak',
    'so',
    '(?:^|[.!?,;\\n]\\s{0,9})(?:and\\s{1,9})?(?:so|thus|therefore|hence|consequently|overall|in\\s{1,9}conclusion)\\b,?',
    'A and C shine, so B',
  ),
]

const anyOf = (...patterns: readonly string[]) => `(?:${patterns.join('|')})`
/** White space may stand between; up to four other letters may be attached before or after. */
const joinedBefore = String.raw`(?:[A-Z]\s{0,3}(?:和|与|或|、|,)\s{0,3}){0,4}`
const joinedAfter = (...by: readonly string[]) => String.raw`(?:${anyOf(...by)}\s{0,3}[A-Z]\s{0,3}){0,4}`
const words = (atMost: number) => String.raw`(?:[\p{L}'’]+\s+){0,${atMost}}`

/** "A ではありません", "A가 아니라", "A değil". */
const deniedAfterEastern = [
  joinedAfter('でも', 'も', 'と') + String.raw`(?:では|じゃ|でも)\s{0,3}(?:ありません|なく|ない)`,
  String.raw`[가이은는]?\s{0,3}(?:아니|아닙)`,
  String.raw`\s*değil`,
  // "B は間違い", "B は正しくない", "B는 틀렸습니다", "B 오답"
  String.raw`\s{0,3}(?:は|が|も)?\s{0,3}(?:間違|まちが|誤り|誤って|違い|違う|不正解|正しくな|正しくあ)`,
  String.raw`\s{0,3}(?:은|는|이|가|도)?\s{0,3}(?:틀[린렸려]|오답|잘못|맞지)`,
]

/** "A no es correcta", "A est fausse", "A ist falsch", "A не подходит". */
const deniedAfterEuropean = [
  String.raw`(?:no|non|não)\s+(?:es|era|è|é|puede\s+ser|pode\s+ser|può\s+essere)(?!\p{L})`,
  String.raw`n['’](?:est|était)\s+pas(?!\p{L})`,
  String.raw`(?:ist|kann|wäre)\s+(?:nicht|falsch|auszuschließen|ausgeschlossen)(?!\p{L})`,
  String.raw`(?:es|est|é|è|está)\s+(?:incorrec|incorr|inexact|fals|faux|fauss|errad|errat|sbagliat|descart|exclu|équivoc|equivoc)\p{L}*`,
  String.raw`(?:is\s+(?:niet|fout|onjuist)|är\s+(?:inte|fel)|nie\s+jest)(?!\p{L})`,
  String.raw`[-–—]?\s*(?:не(?!\p{L})|неверн|неправильн|ошибоч)\p{L}*`,
]

/** Before an announcement, in its clause, these retract it: "if the answer is A", "不选A". */
export const retracted = new RegExp(
  anyOf(
    String.raw`\b(?:if|whether|suppose|assuming|unless|why|doubt|unsure|unclear|unable|unlikely)\b`,
    String.raw`\b(?:not|cannot|can['’]?t|couldn['’]?t|don['’]t|doesn['’]t|isn['’]t|wouldn['’]t)\b`,
    String.raw`\b(?:wrong|incorrect|false|least|worst|other)\b`,
    '如果|假如|假设|倘若|是否',
    '(?:不|没有|没|别)(?:应该|应|该|能|会|可)?$',
  ),
  'i',
)

/** Between an announcement and its letter: "not", "none". */
export const denial = /^(?:not|neither|none|nothing|no\s+longer|unclear|unknown|不|并非)\b/i

/** Directly before a letter or an option text: "not A", "closer than the one at B", "不是A", "n'est pas A". */
export const deniedBefore = new RegExp(
  anyOf(
    String.raw`\b(?:not|never|neither|nor|no|without|unlike|except|(?:is|are|was|does|do|did|would|could)n['’]t)\s+${words(2)}["'“(]?$`,
    // "anything but A", "other than A", "cualquiera menos A"
    String.raw`\b(?:(?:any\w*|every\w*|all)\s+(?:\w+\s+)?but|other\s+than|except\s+for|apart\s+from|anything\s+except)\s+${words(2)}["'“(]?$`,
    String.raw`\b(?:than|instead\s+of|rather\s+than|compared\s+(?:to|with))\s+${words(4)}["'“(]?$`,
    // "exclude rubber and leather", "rule out A, B and C"
    String.raw`\b(?:exclud|eliminat|reject|discard|rul)(?:e|es|ed|ing|s)?\s+(?:out\s+)?(?:options?\s+)?(?:[\p{L}"'“”()]{1,30}(?:,\s*|\s+and\s+|\s+or\s+)){0,4}["'“(]?$`,
    String.raw`(?:不是|不会是|不可能是|不可能为|不该是|不应该?是|绝非|并非|而非|非|别|排除了?|(?:没有|别|勿|不能|不应|不应该|不该|不会|不)选择?|非[A-Z]即)(?:选项|選項)?\s{0,3}["'“(「]?${joinedBefore}$`,
    String.raw`(?<!\p{L})${anyOf(
      ...[
        'pas',
        'nicht',
        'non',
        'não',
        'niet',
        'inte',
        'ikke',
        'nie',
        'не',
        'bukan',
        String.raw`không\s+phải(?:\s+là)?`,
      ],
      ...[String.raw`no\s+es`, String.raw`non\s+è`, String.raw`não\s+é`, String.raw`nie\s+jest`, String.raw`nu\s+este`],
      ...[
        'menos',
        'salvo',
        'excepto',
        'exceto',
        'sauf',
        'außer',
        'tranne',
        'eccetto',
        'behalve',
        'кроме',
        'sin',
        'sans',
        'ohne',
        'sem',
        'senza',
        'без',
      ],
      ...['weder', 'noch', 'ni', 'né', 'nem', 'ни', 'ani', 'varken', 'hverken'],
    )}\s+(?:\p{L}{1,3}\s+)?["'“(]?$`,
  ),
  'iu',
)

/** Directly after it: "A is wrong", "A不对", "A ではありません". */
export const deniedAfter = new RegExp(
  String.raw`^["'”)\]]{0,2}[:：]?\s*` +
    anyOf(
      String.raw`(?:(?:is|are|was|looks|seems|can\s+be|would\s+be)\s+)?(?:clearly\s+)?(?:not\b|wrong|incorrect|false|ruled\s+out|eliminated|excluded|unlikely)`,
      "(?:is|are|was|does|do)n['’]t",
      joinedAfter('和', '与', '、', ',', 'と', 'でも') +
        '(?:选项)?(?:是|都|均|也){0,2}(?:不(?!仅|但)|错|吗|被排除|可以排除)',
      '以外|之外',
      ...deniedAfterEastern,
      ...deniedAfterEuropean,
    ),
  'iu',
)

/** The same after an announced letter, but only a judgement of it: "B, not A" and "B not A" do announce B. */
export const refuted = new RegExp(
  String.raw`^["'”)\]]{0,2}\s*` +
    anyOf(
      String.raw`(?:is|was|would\s+be)\s+(?:clearly\s+)?(?:wrong|incorrect|false)\b`,
      // "The answer is A? No, ..."
      String.raw`\?\s{0,9}\S`,
      '吗|(?:是|都)?(?:不对|错|不正确)',
      ...deniedAfterEastern,
    ),
  'iu',
)

/** Expressions of doubt: a mention in such a sentence is not an answer. */
export const uncertain = new RegExp(
  String.raw`\b${anyOf(
    String.raw`cannot|can['’]?t|can\s+not|unable|unclear|unsure|not\s+(?:sure|possible|enough|clear)|don['’]?t\s+know`,
    String.raw`impossible|insufficient|sorry|difficult|hard\s+to|no\s+way|or\s+not|none`,
    String.raw`neither(?!\b[^.!?\n]{1,80}\bnor\b)`,
  )}\b`,
  'i',
)

/** What takes an answer back and announces another: "A... actually, C", "the answer is B, no wait, it's A". */
export const correction = new RegExp(
  String.raw`(?<=^|[\s.,;:!?…–—(-])` +
    anyOf(
      String.raw`(?:oh\s+|no,?\s+|hmm,?\s+)?wait`,
      String.raw`(?:no,?\s+)?(?:actually|sorry|scratch\s+that|i\s+mean|make\s+that|or\s+rather)`,
      String.raw`on\s+second\s+thoughts?|(?:i\s+was\s+wrong|my\s+mistake|correction)`,
    ) +
    String.raw`(?:[\s,.:;!–—-]{1,6}(?:no|nope|sorry|actually|it['’]s|it\s+is|it\s+should\s+be|that['’]s|make\s+(?:it|that)|rather)(?![\p{L}'’])){0,4}[\s,.:;!–—-]{1,6}`,
  'giu',
)

/** Before a letter, in its clause: the letter is only supposed. */
export const supposed = /\b(?:if|suppose|assuming|unless|whether)\b|如果|假如|假设|倘若|是否/i

/**
 * If the options use the left-hand words and the response the right-hand ones, the response means the opposite of the
 * option it names.
 */
export const opposites: readonly (readonly [ofOptions: RegExp, ofResponse: RegExp])[] = [
  [/\bdarker\b/i, /\b(?:lighter|brighter)\b/i],
  [/\b(?:lighter|brighter)\b/i, /\bdarker\b/i],
  [/\b(?:closer|nearer)\b/i, /\b(?:farther|further|more\s+distant)\b/i],
  [/\b(?:farther|further)\b/i, /\b(?:closer|nearer)\b/i],
]

/** A letter followed by this is a name: "A+", "B-flat". */
export const nameAfter = /^(?:[+#♯♭]|-\p{Ll})/u

/** A sentence that begins like this and ends in a question mark is a question. */
export const asking =
  /^[^\p{L}]{0,9}(?:is|are|was|were|does|do|did|could|can|would|should|which|what|how|who|where)\b/iu

/** So is a sentence that is answered like this: "Rubber? No. Leather." */
export const answeredNo = /^[?？]\s{0,9}(?:no|nope|not|wait|hmm|but|however)\b/i

/** A capital after these words is part of a name: "Plan B", "Grade: A". */
export const nameBefore =
  /\b(?:plan|grade|vitamin|hepatitis|team|exhibit|section|appendix|chapter|usb|gate|platform|blood\s+type|hall|block)[\s:]{1,3}$|\bn\/$/i
