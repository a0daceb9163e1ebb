// What judges are told, word for word. These are the protocols of published benchmarks and must not be improved. Data
// only.
// BLINK: zeyofu/BLINK_Benchmark: eval/multiple_choice.py. VisCoT: deepcs233/Visual-CoT: llava/eval/eval_cot_score.py.
// VLMEvalKit: open-compass/VLMEvalKit: vlmeval/dataset/utils/multiple_choice.py. All Apache-2.0.
// `{Q}`, `{O}`, `{P}` and `{G}` stand for question, options, prediction and gold answer; spaces at line ends belong to
// the text.

/** Gives a response that the rule cannot read to a matcher; its reply is the prediction. */
export const blinkOfficialTemplate = `You are an AI assistant who will help me to match an answer with several options of a single-choice question. You are provided with a question, several options, and an answer, and you need to find which option is most similar to the answer. If the answer says things like refuse to answer, I'm sorry cannot help, etc., output (Z)If the meaning of all options are significantly different from the answer, or the answer does not select any option, output (Z)Your should output one of the choices, (A),(B),(C),(D),(E) (if they are valid options), or (Z)
Example 1: 
Question: Which point is closer to the camera?
Select from the following choices.
Options: (A) Point A
(B) Point B
(Z) Failed
Answer: Point B, where the child is sitting, is closer to the camera.
Your output: (B)
Example 2: 
Question: Which point is closer to the camera?
Select from the following choices.
Options: (A) Point A
(B) Point B
(Z) Failed
Answer: I'm sorry, but I can't assist with that request.
Your output: (Z)
Example 3: 
Question: Which point is corresponding to the reference point?
Select from the following choices.
Options: (A) Point A
(B) Point B
(Z) Failed
Answer:The reference point (REF) on the first image is at the tip of the pot, which is the part used to Poke if the pots were used for that action. Looking at the second image, we need to find the part of the object that would correspond to poking.
(A) Point A is at the tip of the spoon's handle, which is not used for poking.
(B) Point B is at the bottom of the spoon, which is not used for poking.
(C) Point C is on the side of the pspoonot, which is not used for poking.
(D) Point D is at the tip of the spoon, which is not used for poking.

Therefore, there is no correct answer in the choices
Your output: (Z)
Example 4: 
Question: {Q}?
Options: {O}
(Z) Failed
Answer: {P}
Your output: `

/** VLMEvalKit's version for the data set named BLINK. */
export const vlmevalkitBlinkTemplate = blinkOfficialTemplate
  .replace('output (Z)If', 'output Z.If')
  .replace('output (Z)Your', 'output Z. Your')
  .replace('(A),(B),(C),(D),(E) (if they are valid options), or (Z)', 'A, B, C, D (if they are valid options), or Z.')
  .replace('Options: (A) Point A\n(B) Point B', 'Options: A. Point A\nB. Point B')

/** VLMEvalKit's prompt for V* and the other multiple-choice sets. */
export const vlmevalkitChoiceTemplate = `You are an AI assistant who will help me to match an answer with several options of a single-choice question. You are provided with a question, several options, and an answer, and you need to find which option is most similar to the answer. If the meaning of all options are significantly different from the answer, output Z. Your should output a single uppercase character in A, B, C, D (if they are valid options), and Z. 
Example 1: 
Question: What is the main object in image?
Options: A. teddy bear B. rabbit C. cat D. dog
Answer: a cute teddy bear
Your output: A
Example 2: 
Question: What is the main object in image?
Options: A. teddy bear B. rabbit C. cat D. dog
Answer: Spider
Your output: Z
Example 3: 
Question: {Q}?
Options: {O}
Answer: {P}
Your output: `

/** Scores an open answer between 0 and 1. */
export const viscotSystemTemplate = `
You are responsible for proofreading the answers, you need to give a score to the model's answer by referring to the standard answer, based on the given question. The full score is 1 point and the minimum score is 0 points. Please output the score in the form "score: <score>". The evaluation criteria require that the closer the model's answer is to the standard answer, the higher the score.
`

export const viscotUserTemplate = `
question: {Q}
standard answer: {G}
model's answer: {P}
`
