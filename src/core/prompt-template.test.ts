import {type LanternError, messageOf} from './errors.js'
import {checkTemplate, renderTemplate, type TemplateValues} from './prompt-template.js'

const values: TemplateValues = {
  question: 'What {{ is }} it?',
  options: ['a', 'b'],
  letters: ['A', 'B'],
  prompt: '',
  subtask: 's',
  mode: 'direct',
  mode_line: '',
  contract: '',
}
const why = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    expect((error as LanternError).code).toBe('bad-file')
    return messageOf(error)
  }
  return 'nothing was thrown'
}

it('fills in a question as it stands, whatever is in it', () => {
  expect(renderTemplate('{{ question }}', values)).toBe('What {{ is }} it?')
})

it('drops the line feed after a block and at the end, as chat templates do', () => {
  const template = '{% for o in options %}\n{{ letters[loop.index0] }}. {{ o }}\n{% endfor %}\nEnd.\n'
  expect(renderTemplate(template, values)).toBe('A. a\nB. b\nEnd.')
})

it('refuses what is no jinja, before anything is asked', () => {
  expect(why(() => checkTemplate('{% for %}'))).toContain('cannot be used')
  expect(why(() => checkTemplate('x'.repeat(70_000)))).toContain('longer than 65536')
})

it('refuses a name that nothing has, which would leave the question out in silence', () => {
  expect(why(() => checkTemplate('{{ quesion }}'))).toContain('it uses "quesion"')
  expect(why(() => checkTemplate('{% if x is defined %}{{ question | nope(y) }}{% endif %}'))).toContain('"x"')
  const own =
    '{% set n = namespace(k=0) %}{% macro line(l, o="-") %}{{ l | upper }}{{ o }}{% endmacro %}' +
    '{% for l in letters %}{% set n.k = n.k + 1 %}{{ line(l, o=options[loop.index0]) }}{% endfor %}{{ n.k }}{{ True }}'
  expect(renderTemplate(own, values)).toBe('AaBb2true')
})

it('ends what does not end, and what writes too much', () => {
  expect(
    why(() =>
      renderTemplate('{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}', values),
    ),
  ).toContain('does not end')
  expect(
    why(() => renderTemplate('{% for i in range(20000) %}{{ "' + 'x'.repeat(100) + '" }}{% endfor %}', values)),
  ).toContain('more than')
})
