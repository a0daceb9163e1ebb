// A command line up to the cursor, split as a shell does it.
import {lineOf} from './line.js'

it.each([
  ['lantern-eval ', [], '', ''],
  ['lantern-eval run --be', ['run'], '--be', ''],
  ['lantern-eval run  --bench\tblink,', ['run', '--bench'], 'blink,', ''],
  ['NO_COLOR=1 LANTERN_EVAL_JSON=1 ./bin/run.js run ', ['run'], '', ''],
  ["lantern-eval inspect 'my run#a|b' --arm 'a|", ['inspect', 'my run#a|b', '--arm'], 'a|', "'"],
  ['lantern-eval inspect "say \\"hi\\"" --x', ['inspect', 'say "hi"'], '--x', ''],
  ['lantern-eval inspect my\\ run ', ['inspect', 'my run'], '', ''],
  ['lantern-eval run --system ""', ['run', '--system'], '', ''],
  ['lantern-eval inspect "open', ['inspect'], 'open', '"'],
  ['', [], '', ''],
])('%s', (text, words, word, quote) => {
  expect(lineOf(text)).toEqual({words, word, quote})
})
