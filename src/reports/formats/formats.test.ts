// One suite over every format: adding a format to index.ts adds its tests. The goldens are read by a person once and
// then held; UPDATE_GOLDENS=1 writes them anew.
import {spawnSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {parse} from 'csv-parse/sync'
import {arm, lockBenchmark, lockOf, recordsOf, writeRun} from '../../../test/support/run-folders.js'
import {random} from '../../core/random.js'
import {compareRuns, comparisonDocument} from '../compare.js'
import {type Run, readRun} from '../read-run.js'
import {resultTable} from '../result-table.js'
import {type ResultDocument, type ResultRow, resultDocumentSchema} from '../schemas/result.js'
import {formatNamed, formatNames, registerFormat} from './index.js'
import {latexText} from './latex-text.js'

const narrow = {width: 80, color: false}
const wide = {width: 120, color: false}
const names = formatNames()
let document: ResultDocument
/** A run with two arms. */
let both: Run
let builtin: ResultDocument
const empty: ResultDocument = {
  schema: 1,
  builtin: false,
  rows: [],
  groups: [],
  warnings: [],
  exitCode: 0,
  verdict: 'done',
}

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-formats-'))
  const read = async (name: string, ...run: [Parameters<typeof writeRun>[1], Parameters<typeof writeRun>[2]]) => ({
    ...(await readRun(writeRun(join(folder, name), ...run))),
    dir: `results/${name}`,
  })
  const vstar = lockBenchmark(
    'vstar',
    {direct_attributes: 115, relative_position: 76},
    {aggregate: 'micro', split: 'test'},
  )
  const blink = lockBenchmark('blink', {Counting: 120, Jigsaw: 150, Spatial_Relation: 143}, {labels: 'old'})
  const latent = arm('models/lantern-3b', 'latent', {protocol: 'lantern', latentSize: 8, intervention: 'own'})
  const cot = arm('models/lantern-3b', 'text-cot')
  const outcomeOf = (id: string, share: number, errors: number) => (subtask: string, k: number) => {
    const draw = random(subtask, k).next() * 0.8 + random(id, subtask, k).next() * 0.2
    const odd = random('odd', id, subtask, k).next()
    return odd < errors
      ? 'error'
      : odd < 2 * errors
        ? 'unanswered'
        : odd < 3 * errors
          ? 'truncated'
          : draw < share
            ? 'correct'
            : 'wrong'
  }
  const usage = (textTokens: number, latentSteps: number) => ({
    usage: {promptTokens: 402, imageTokens: 256, textTokens, latentSteps, markerTokens: 0, blocks: 0},
  })
  both = await read(
    'blink-vstar-lantern-3b-1a2b3c4d',
    lockOf([latent, cot], [blink, vstar], {
      decoding: {temperature: 0, maxNewTokens: {latent: 512, 'text-cot': 1024}},
    }),
    [blink, vstar].flatMap(bench => [
      ...recordsOf(latent, bench, outcomeOf('latent', 0.56, 0.005), usage(9, 8)),
      ...recordsOf(cot, bench, outcomeOf('cot', 0.5, 0.02), {
        ...usage(231, 0),
        timing: {firstTokenMs: 40, totalMs: 5120},
      }),
    ]),
  )
  // Names come from outside: markup, formulas and control characters must not act.
  const odd = arm('=cmd|<b>&"x"\u001b[31m', 'direct')
  const other = await read(
    'blink-odd-99aabbcc',
    lockOf([odd], [blink], {extractor: 'verbatim'}),
    recordsOf(odd, blink, (subtask, k) => (subtask === 'Jigsaw' ? undefined : outcomeOf('odd', 0.4, 0)(subtask, k))),
  )
  const hops = lockBenchmark('hops', {'hops-1': 20, 'hops-2': 20}, {kind: 'builtin', split: 'test', aggregate: 'micro'})
  const nano = arm('builtin:nano-latent', 'latent', {protocol: 'lantern', latentSize: 5, intervention: 'own'})
  const zeros = arm('builtin:nano-latent', 'latent', {protocol: 'lantern', latentSize: 5, intervention: 'zeros'})
  const small = await read('hops-nano-00112233', lockOf([nano, zeros], [hops]), [
    ...recordsOf(nano, hops, outcomeOf('nano', 0.8, 0), usage(9, 5)),
    ...recordsOf(zeros, hops, outcomeOf('zeros', 0.3, 0), usage(9, 5)),
  ])
  document = {
    ...resultTable([both, other]),
    comparison: compareRuns(both, both, {baseArm: cot.id, newArm: latent.id, failOn: 'regression'}),
  }
  builtin = resultTable([small])
  rmSync(folder, {recursive: true})
})

it('the document fits its schema', () => {
  for (const one of [document, builtin, empty]) expect(() => resultDocumentSchema.parse(one)).not.toThrow()
})

describe.each(names)('%s', name => {
  const format = formatNamed(name)

  it.each(['table', 'builtin'] as const)('gives the golden %s', which => {
    const text = format.render(which === 'table' ? document : builtin, narrow)
    const golden = new URL(`./goldens/${name}-${which}${format.ending}`, import.meta.url)
    if (process.env['UPDATE_GOLDENS']) writeFileSync(golden, text)
    expect(text).toBe(readFileSync(golden, 'utf8'))
  })

  it('carries every arm, score, count and benchmark', () => {
    const text = format.render(document, wide).replaceAll('\\', '')
    // A badge has room for one row.
    for (const row of name === 'badge' ? [] : document.rows) {
      expect(text).toContain(
        row.bench === 'vstar' && ['terminal', 'markdown', 'github'].includes(name) ? 'V*' : row.mode,
      )
      const percent = (100 * row.score!).toFixed(1)
      expect(text.includes(percent) || text.includes(String(row.score))).toBe(true)
      expect(text.replaceAll(',', '')).toContain(String(row.n))
    }
  })

  it('says that built-in samples are built-in samples', () => {
    expect(format.render(builtin, narrow)).toMatch(/built-in sample|builtin/i)
    expect(format.render(document, narrow)).not.toMatch(/built-in sample|"builtin": true/i)
  })

  it('renders nothing without throwing, and ends with a line feed', () => {
    for (const one of [document, builtin, empty]) expect(format.render(one, narrow)).toMatch(/\n$/)
  })

  it('lets no control character through', () => {
    expect(format.render(document, narrow)).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/)
  })
})

describe('terminal', () => {
  it.each([80, 100, 120, 160])('keeps within %i columns', width => {
    for (const one of [document, builtin]) {
      for (const line of formatNamed('terminal').render(one, {width, color: false}).split('\n'))
        expect(line.length).toBeLessThanOrEqual(width)
    }
  })

  it('names the columns of subtasks by what tells the rows apart, and numbers them where no name fits', () => {
    const heads = (...ids: string[]) => {
      const [first] = builtin.rows
      const rows = ids.map(id => {
        const [model, mode, protocol, intervention] = id.split('|') as [string, 'latent', string?, string?]
        return {
          ...first!,
          arm: id,
          model,
          mode,
          protocol: protocol ?? null,
          latentSize: null,
          intervention: (intervention ?? null) as 'own' | null,
        }
      })
      const one = {...builtin, rows, groups: [{...builtin.groups[0]!, rows: rows.map((_, index) => index)}]}
      const text = formatNamed('terminal').render(one, {...narrow, subtasks: true})
      return /^subtask +n +(.*)$/m.exec(text)![1]!.split(/ {2,}/)
    }
    expect(heads('builtin:a|direct', 'builtin:b|text-cot')).toEqual(['a', 'b'])
    expect(heads('x/a|latent|lantern|own', 'x/a|latent|lantern|zeros')).toEqual(['own', 'zeros'])
    expect(heads('a|direct', 'a|latent|lvr|own')).toEqual(['direct', 'latent'])
    expect(heads('a|direct', 'a|text-cot', 'b|direct', 'b|text-cot')).toEqual([
      'a direct',
      'a text-cot',
      'b direct',
      'b text-cot',
    ])
    expect(heads('a|direct', 'a|direct')).toEqual(['row 1', 'row 2'])
    expect(heads(`${'a'.repeat(40)}|direct`, `${'b'.repeat(40)}|direct`)).toEqual(['row 1', 'row 2'])
  })

  it('numbers the rows where the columns of subtasks say their numbers, and only there', () => {
    const twins = builtin.rows.map((row): ResultRow => ({...row, intervention: 'own'}))
    const text = (rows: ResultRow[], subtasks: boolean) =>
      formatNamed('terminal').render({...builtin, rows}, {...narrow, subtasks})
    expect(text(twins, true)).toMatch(/^row +tier +rank +arm.*\n +1 .*\n(?:.*\n)* +2 /m)
    expect(text(twins, true)).toMatch(/^subtask +n +row 1 +row 2$/m)
    expect(text(twins, false)).toMatch(/^tier +rank +arm/m)
    expect(text(builtin.rows, true)).toMatch(/^tier +rank +arm/m)
  })

  it('folds a long name at most once, above its row', () => {
    const name = `openai:owner/${'long-name-'.repeat(8)}end`
    const [first, second] = builtin.rows as [ResultRow, ResultRow]
    const rows = [{...first, model: name, arm: `${name}|text-cot`}, second]
    const lines = formatNamed('terminal')
      .render({...builtin, rows}, narrow)
      .split('\n')
    const at = lines.findIndex(line => line.includes('openai:owner/'))
    expect(`${lines[at]!.trim()}${lines[at + 1]!.trim()}`).toBe(name)
    expect(lines[at + 2]).toMatch(/ 1 +\S+ +text-cot +\d/)
  })

  it('says the same with colours as without', () => {
    const coloured = formatNamed('terminal').render(document, {...narrow, color: true})
    expect(coloured).toContain('\u001b[')
    expect(coloured.replaceAll(/\u001b\[\d+m/g, '').replaceAll(/ +$/gm, '')).toBe(
      formatNamed('terminal').render(document, narrow),
    )
  })
})

it('csv has the header of the contract and a line per row and subtask', () => {
  const lines: Record<string, string>[] = parse(formatNamed('csv').render(document, narrow), {columns: true})
  expect(Object.keys(lines[0]!).join()).toBe(
    'run,arm,model,mode,protocol,latent_size,intervention,bench,split,subtask,metric,aggregate,score,low,high,micro,n,total,correct,wrong,unanswered,truncated,refused,error,not_engaged,unscored,random,majority,text_tokens,latent_steps,prompt_tokens,latency_p50_ms,latency_p95_ms,sample,lock,groups,group_score',
  )
  expect(lines.filter(line => line['subtask'] === '')).toHaveLength(document.rows.length)
  expect(lines).toHaveLength(document.rows.reduce((sum, row) => sum + 1 + row.subtasks.length, 0))
  for (const line of lines) expect(line['model']).not.toMatch(/^=/)
})

it('json is the document', () => {
  expect(JSON.parse(formatNamed('json').render(document, narrow))).toEqual(JSON.parse(JSON.stringify(document)))
})

it.each(names)('%s renders a comparison by itself', name => {
  const text = formatNamed(name).render(comparisonDocument(document.comparison!, both, both), wide)
  expect(text).toMatch(name === 'csv' ? /^run,arm/ : /improved/)
})

it('a comparison has the rows of both arms on every benchmark that was compared', () => {
  const {rows} = comparisonDocument(document.comparison!, both, both)
  const {base, new: next, pairs} = document.comparison!
  expect(rows.map(({bench, arm}) => [bench, arm])).toEqual(
    pairs.flatMap(({bench}) => [
      [bench, base.arm],
      [bench, next.arm],
    ]),
  )
})

describe('latex', () => {
  /** Every float of a text: its lines between \\toprule and \\bottomrule, and its columns. */
  const floats = (text: string) =>
    [...text.matchAll(/\\begin\{tabular\}\{@\{\}([lr]+)@\{\}\}\n([\s\S]*?)\\end\{tabular\}/g)].map(
      ([, columns, lines]) => ({
        columns: columns!,
        rows: lines!.split('\n').filter(line => line.endsWith(' \\\\')),
      }),
    )

  it('has as many cells in each line as columns, pairs every brace and environment, and escapes all that is special', () => {
    for (const one of [document, builtin, {...document, comparison: undefined}]) {
      const text = formatNamed('latex').render(one as ResultDocument, wide)
      const tables = floats(text)
      expect(tables.length).toBeGreaterThanOrEqual(one.groups.length)
      for (const {columns, rows} of tables)
        for (const row of rows) expect(row.replaceAll('\\&', '').split('&')).toHaveLength(columns.length)
      const open: string[] = []
      for (const [, what, name] of text.matchAll(/\\(begin|end)\{(\w+)\}/g))
        if (what === 'begin') open.push(name!)
        else expect(open.pop()).toBe(name)
      expect(open).toEqual([])
      const bare = text
        .replaceAll('\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%', '{')
        .replaceAll(/\\[{}%_&#$]/g, '')
        .replaceAll(/^%.*$/gm, '')
        .replaceAll(/\$[^$]*\$/g, '')
      expect(bare.split('{').length).toBe(bare.split('}').length)
      expect(bare).not.toMatch(/[%_#$^<>|"`]/)
      expect([...bare.matchAll(/\\([A-Za-z]+)/g)].map(([, command]) => command).filter(isUnknown)).toEqual([])
    }
  })

  const known =
    'begin end centering small caption label toprule midrule bottomrule smallskip footnotesize par textbf textsuperscript usepackage ' +
    'textless textgreater textbar textquotedbl textquotesingle textasciigrave textasciicircum textasciitilde textbackslash textperiodcentered dots'
  const isUnknown = (command: string | undefined) => !known.split(' ').includes(command!)

  it('compiles with pdfLaTeX, whatever names hold', () => {
    const compiler = process.env['PDFLATEX'] ?? 'pdflatex'
    if (spawnSync(compiler, ['--version']).status !== 0)
      return console.log(`skipped: there is no ${compiler} (PDFLATEX names another one)`)
    const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-latex-'))
    const hostile = Array.from({length: 0x250}, (_, code) => String.fromCharCode(code)).join('') + '中🜁'
    const rows = document.rows.map((row): ResultRow => ({...row, label: hostile, notes: [hostile]}))
    const tables = [document, builtin, {...document, rows}].map(one => formatNamed('latex').render(one, wide))
    writeFileSync(
      join(folder, 'paper.tex'),
      [
        '\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage{booktabs,graphicx}\\begin{document}',
        ...tables,
        '\\end{document}',
      ].join('\n'),
    )
    const options = ['-interaction=nonstopmode', '-halt-on-error', '-draftmode', 'paper.tex']
    const {status, stdout} = spawnSync(compiler, options, {cwd: folder, encoding: 'utf8', timeout: 120_000})
    rmSync(folder, {recursive: true})
    expect([status, stdout.match(/^!.*/gm)]).toEqual([0, null])
  }, 150_000)

  it.each([
    ['50% of a_b & c', '50\\% of a\\_b \\& c'],
    ['\\input{/etc/passwd}', '\\textbackslash{}input\\{/etc/passwd\\}'],
    ['$x^2$ #1 ~', '\\$x\\textasciicircum{}2\\$ \\#1 \\textasciitilde{}'],
    ['a--b, 1 – 2', 'a-{}-b, 1 -- 2'],
    ['[4em] *', '{[}4em{]} {*}'],
    ['naïve Łódź 中', 'naïve Łódź {[}U+4E2D{]}'],
    ['a\u0000\u001b\nb', 'a{[}U+FFFD{]}{[}U+FFFD{]} b'],
  ])('writes %j as letters', (given, written) => expect(latexText(given)).toBe(written))

  it('leaves the intervals of subtasks out where so many arms have no room for them, and says so', () => {
    const text = (count: number) => {
      const rows = Array.from({length: count}, () => builtin.rows[0]!)
      const groups = [{...builtin.groups[0]!, rows: rows.map((_, k) => k)}]
      const whole = formatNamed('latex').render({...builtin, rows, groups}, wide)
      return whole.slice(whole.indexOf('by subtask'))
    }
    expect(text(8)).toContain('(95 \\% interval)')
    expect(text(9)).not.toMatch(/interval\)|\d \(\d/)
    expect(text(9)).toContain('the intervals have no room')
  })

  it('has the rows of the first tier in bold, and the spread of repeats', () => {
    const [first, second] = builtin.rows as [ResultRow, ResultRow]
    const text = (tiers: readonly [number, number]) => {
      const rows = [
        {...first, tier: tiers[0], repeats: {n: 3, sd: 0.0123, scores: [0.7, 0.7, 0.72]}},
        {...second, tier: tiers[1]},
      ]
      return formatNamed('latex').render({...builtin, rows}, wide)
    }
    expect(text([1, 2]).match(/\\textbf/g)).toHaveLength(1)
    expect(text([1, 2])).toContain('Bold: no other row is shown to be better')
    expect(text([1, 1]).match(/\\textbf/g)).toHaveLength(2)
    expect(text([1, 1])).toContain('all rows are ties')
    expect(text([1, 2])).toContain('$\\pm$1.2 (3)')
  })
})

describe('badge', () => {
  const badgeOf = (one: ResultDocument) => JSON.parse(formatNamed('badge').render(one, narrow))

  it('is an endpoint of shields: the top of the first table', () => {
    const {comparison: _, ...alone} = document
    expect(badgeOf(alone)).toEqual({
      schemaVersion: 1,
      label: 'BLINK val',
      message: expect.stringMatching(/^\d+\.\d % \(\d+\.\d – \d+\.\d\), models\/lantern-3b latent/),
      color: 'blue',
    })
    expect(badgeOf(builtin)).toMatchObject({label: expect.stringContaining('built-in sample'), color: 'lightgrey'})
    expect(badgeOf(empty)).toMatchObject({message: 'no runs', isError: true})
  })

  it('tells the decision of a gate', () => {
    const comparison = document.comparison!
    const with_ = (outcome: 'passed' | 'failed' | 'inconclusive') =>
      badgeOf({...document, comparison: {...comparison, gate: {...comparison.gate, outcome}}})
    expect(with_('passed')).toMatchObject({message: 'passed, improved', color: 'brightgreen'})
    expect(with_('failed')).toMatchObject({color: 'red'})
    expect(with_('inconclusive')).toMatchObject({message: 'undecided, improved', color: 'yellow'})
  })
})

describe('annotations', () => {
  const linesOf = (one: ResultDocument) => formatNamed('annotations').render(one, narrow).trimEnd().split('\n')
  const command = /^::(error|warning|notice) title=[^:,]*::[^\n]*$/

  it('are commands of a workflow, one a line, whatever names hold', () => {
    const [row] = document.rows as [ResultRow]
    const arm = 'a%0A::error::b\n::set-output name=x::y|direct'
    const named = {...row, model: 'a%0A::error::b\n::set-output name=x::y', label: null, arm}
    const hostile = {...document, rows: [named], warnings: ['warned\n::error::b']}
    for (const one of [document, builtin, empty, hostile])
      for (const line of linesOf(one)) expect(line).toMatch(command)
    expect(linesOf(hostile).join('\n')).toContain('a%250A%3A%3Aerror%3A%3Ab %3A%3A')
    expect(linesOf(hostile).join('\n')).toContain('warned%0A::error::b')
  })

  it('are an error where the gate failed and a warning where it is undecided', () => {
    const comparison = document.comparison!
    const levelOf = (outcome: 'passed' | 'failed' | 'inconclusive') =>
      linesOf({...document, comparison: {...comparison, gate: {...comparison.gate, outcome}}}).find(line =>
        /title=lantern-eval compare::gate /.test(line),
      )
    expect(levelOf('failed')).toMatch(/^::error/)
    expect(levelOf('inconclusive')).toMatch(/^::warning/)
    expect(levelOf('passed')).toMatch(/^::notice/)
  })

  it('are ten of a kind at most, of which the last counts the others', () => {
    const rows = Array.from({length: 14}, () => builtin.rows[0]!)
    const notices = linesOf({...builtin, rows}).filter(line => line.startsWith('::notice'))
    expect(notices).toHaveLength(10)
    expect(notices.at(-1)).toContain('5 more')
  })
})

it('junit fails by a gate only', () => {
  const withGate = (gate: 'passed' | 'failed' | 'inconclusive') => {
    const comparison = document.comparison!
    return formatNamed('junit').render(
      {
        ...document,
        comparison: {
          ...comparison,
          pairs: comparison.pairs.map(pair => ({
            ...pair,
            gate: {...pair.gate, passed: gate === 'passed', outcome: gate},
          })),
        },
      },
      narrow,
    )
  }
  expect(withGate('passed')).toContain('failures="0" errors="0"')
  expect(withGate('failed')).toContain('<failure message="')
  expect(withGate('inconclusive')).toContain('<skipped message="')
})

it('a format of a plug-in that changes the document changes it for no other', () => {
  const before = structuredClone(document)
  registerFormat({name: 'emptied', ending: '.txt', render: ({rows}) => `${(rows as unknown[]).splice(0).length}\n`})
  expect(formatNamed('emptied').render(document, narrow)).toBe(`${before.rows.length}\n`)
  expect(document).toEqual(before)
})
