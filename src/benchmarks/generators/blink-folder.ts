// Writes items in the layout of BLINK-Benchmark/BLINK on the hub: <Subtask>/val-00000-of-00001.parquet, with the
// columns listed in benchmarks.md 2.2.
import {join} from 'node:path'
import {makeFolder} from '../../core/folders.js'
import {goldLetter, type Item, pngs, type Share} from './item.js'
import {fullPrompt} from './sample.js'

type SchemaElement = import('hyparquet').SchemaElement

/** Writes one file per subtask. A row group is small enough to fit into memory many times over. */
export async function writeBlink(dir: string, shares: readonly Share[]): Promise<void> {
  const {fileWriter, parquetWriteRows} = await import('hyparquet-writer')
  for (const {task, items} of shares) {
    await makeFolder(join(dir, task.name))
    await parquetWriteRows({
      writer: fileWriter(join(dir, task.name, 'val-00000-of-00001.parquet')),
      rows: rows(items),
      columns: columns.map(({name}) => ({name})),
      schema: [{name: 'schema', num_children: columns.length}, ...columns.flatMap(column => column.schema)],
      rowGroupSize: 200,
    })
  }
}

const pictureColumns = [1, 2, 3, 4].map(k => `image_${k}`)

function* rows(items: Iterable<Item>): Generator<Record<string, unknown>> {
  let number = 0
  for (const item of items) {
    number++
    const idx = `val_${item.subtask}_${number}`
    const pictures = pngs(item)
    yield {
      idx,
      question: item.question,
      sub_task: item.subtask,
      ...Object.fromEntries(
        pictureColumns.map((name, k) => [
          name,
          k < pictures.length ? {bytes: pictures[k], path: `${idx}_${k + 1}.png`} : null,
        ]),
      ),
      choices: item.options,
      answer: `(${goldLetter(item)})`,
      prompt: fullPrompt(item),
      explanation: '',
    }
  }
}

const bytes = (name: string): SchemaElement => ({name, type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL'})
const text = (name: string): SchemaElement => ({...bytes(name), converted_type: 'UTF8', logical_type: {type: 'STRING'}})

const columns: readonly {name: string; schema: SchemaElement[]}[] = [
  ...['idx', 'question', 'sub_task'].map(name => ({name, schema: [text(name)]})),
  ...pictureColumns.map(name => ({
    name,
    schema: [{name, repetition_type: 'OPTIONAL', num_children: 2} as const, bytes('bytes'), text('path')],
  })),
  {
    name: 'choices',
    schema: [
      {
        name: 'choices',
        repetition_type: 'OPTIONAL',
        num_children: 1,
        converted_type: 'LIST',
        logical_type: {type: 'LIST'},
      },
      {name: 'list', repetition_type: 'REPEATED', num_children: 1},
      text('element'),
    ],
  },
  ...['answer', 'prompt', 'explanation'].map(name => ({name, schema: [text(name)]})),
]
