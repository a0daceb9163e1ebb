// Where the data come from: the server of `view`, the script files of `report`, or the one file
// of `--format html`.
import {outcomes} from '../src/core/outcome.js'
import {selectRows} from '../src/reports/pages/select.js'
import {
  detailsPerFile,
  type PageBoard,
  type PageComparison,
  type PageDiagnosis,
  type PageRows,
  type SampleDetail,
  type SamplePage,
  type SampleQuery,
} from '../src/reports/pages/shapes.js'

export interface Source {
  board(): Promise<PageBoard>
  /** The board if it has changed since it had so many answers. */
  changed(answers: number): Promise<PageBoard | null>
  samples(query: SampleQuery, after: number, limit: number): Promise<SamplePage>
  detail(row: number): Promise<SampleDetail | null>
  compare(base: number, next: number): Promise<PageComparison>
  diagnosis(): Promise<PageDiagnosis>
}

export function openSource(): Source {
  return document.documentElement.dataset['source'] === 'server' ? serverSource() : fileSource()
}

function serverSource(): Source {
  const get = async <T>(name: string, fields: Readonly<Record<string, string | number>> = {}): Promise<T> => {
    const query = new URLSearchParams(Object.entries(fields).map(([key, value]) => [key, String(value)]))
    const reply = await fetch(`data/${name}?${query}`).catch(() => {
      throw new Error('The server has ended. `lantern-eval view` starts it again, under another address.')
    })
    if (!reply.ok) throw new Error((await reply.text()).trim())
    return reply.json()
  }
  return {
    board: () => get('board'),
    changed: answers => get('board', {known: answers}),
    samples: ({flip, disagree, ...query}, after, limit) =>
      get('samples', {
        ...(query as Record<string, string | number>),
        ...(flip ? {flip: flip.join(',')} : {}),
        ...(disagree ? {disagree: 1} : {}),
        ...{after, limit},
      }),
    detail: row => get('detail', {row}),
    compare: (base, next) => get('compare', {base, new: next}),
    diagnosis: () => get('diagnosis'),
  }
}

const waiting = new Map<string, (value: unknown) => void>()

/** Called by the script files. */
function lanternData(name: string, value: unknown): void {
  waiting.get(name)?.(value)
}
Object.assign(globalThis, {lanternData})

function fileSource(): Source {
  const loaded = new Map<string, Promise<unknown>>()
  const load = <T>(name: string): Promise<T> => {
    let found = loaded.get(name)
    if (found === undefined) {
      found = new Promise((resolve, reject) => {
        const inside = document.getElementById(`data-${name}`)
        if (inside !== null) return resolve(JSON.parse(inside.textContent!))
        if (document.documentElement.dataset['source'] === 'page')
          return reject(new Error(`${name} is not in this file.`))
        waiting.set(name, resolve)
        const script = document.createElement('script')
        script.src = `data/${name}.js`
        script.onerror = () => reject(new Error(`data/${name}.js is not there.`))
        document.head.append(script)
      })
      loaded.set(name, found)
    }
    return found as Promise<T>
  }
  return {
    board: () => load('board'),
    changed: async () => null,
    async samples(query, after, limit) {
      const rows = await load<PageRows>('rows')
      const code = (letter: string | undefined) =>
        letter === undefined || letter === '-' ? -1 : letter.charCodeAt(0) - 97
      const view = {
        ...{count: rows.ids.length, columns: rows.outcomes.length},
        id: (row: number) => rows.ids[row]!,
        bench: (row: number) => rows.bench[row]!,
        subtask: (row: number) => rows.subtask[row]!,
        outcome: (row: number, column: number) => code(rows.outcomes[column]?.[row]),
        disagrees: (row: number) => rows.disagree[row] === '1',
      }
      const outcome = query.outcome ? outcomes.indexOf(query.outcome) : null
      const found = selectRows(view, query, outcome, outcomes.indexOf('correct'))
      const lines = found.slice(after, after + limit).map(row => ({
        ...{row, id: view.id(row), bench: view.bench(row), subtask: view.subtask(row)},
        outcomes: rows.outcomes.map((_, column) => outcomes[view.outcome(row, column)] ?? null),
      }))
      return {lines, total: found.length, scanned: 1}
    },
    async detail(row) {
      const details = await load<SampleDetail[]>(`detail-${Math.floor(row / detailsPerFile)}`)
      return details[row % detailsPerFile] ?? null
    },
    async compare(base, next) {
      const all = await load<Record<string, PageComparison>>('compare')
      return all[`${base}-${next}`] ?? {problem: 'This pair was not compared ahead: `lantern-eval compare` does it.'}
    },
    diagnosis: () => load('diagnosis'),
  }
}
