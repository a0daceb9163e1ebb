// The schema of a definition file: a benchmark as data. schemas/benchmark.schema.json is generated from it. What the
// columns of the data hold is checked when they are read, not here.
import {z} from 'zod'
import {aggregateSchema} from '../../core/headline.js'
import {promptStyles} from '../../core/prompt-form.js'

const name = z.string().trim().min(1)
const path = name.describe('A path, relative to this file; * stands for any part of a file name.')
const paths = z.union([path, z.array(path).min(1)])
const column = z.union([name, z.number().transform(String)])

/** A column, or null for "there is none, although one is named so". */
const oneColumn = (words: string) => column.nullable().optional().describe(words)
const columns = (words: string) =>
  z
    .union([column, z.array(column).min(1)])
    .nullable()
    .optional()
    .describe(words)

const count = z.number().int().min(0)
const consecutiveRows = z.strictObject({rows: z.number().int().min(2)})

/** What several samples have in common: a column, or what follows from some. */
const shared = (words: string) =>
  z
    .union([
      column,
      z.strictObject({rotations: column}),
      z.strictObject({column, every: z.number().int().min(2), from: count.optional()}),
      consecutiveRows,
    ])
    .nullable()
    .optional()
    .describe(
      `${words} A column; {rotations: COLUMN}: the same text there, and the same options in any order; {column: COLUMN, every: 2, from: 1}: consecutive numbers; {rows: 2}: consecutive rows.`,
    )

export const fieldsSchema = z.strictObject({
  id: z
    .union([column, z.strictObject({rows: count})])
    .nullable()
    .optional()
    .describe('The id of a sample; null: the number of its row; {rows: 0}: its place in the data, counted from 0.'),
  image: columns(
    'Pictures: a path, base64, a data URI, bytes, or a list of them, in one column or several; "{id}.jpg" makes a path of columns.',
  ),
  question: oneColumn('The question.'),
  options: columns(
    'A column for each option in the order of the letters, or one with a list, a JSON list, a dict or lettered lines.',
  ),
  answer: oneColumn("A letter, an option's text, an index (answerIndex says its base), or accepted texts."),
  subtask: oneColumn('The subtask.'),
  cluster: shared('What intervals cluster by: samples with the same value are not independent.'),
  group: shared('Samples that count only together: pairs, rotations.'),
  boxes: oneColumn('[[x1, y1, x2, y2], ...] in pixels.'),
  prompt: oneColumn('The prompt that was published with the data, for `prompts`; never recognised by its name.'),
})

const metrics = ['accuracy', 'match', 'number', 'judge'] as const

const tokens = z.number().int().min(1)

/** What one harness sends, to the letter: the fields of `PromptForm` (core/prompt-form.ts) that a file may say. */
const peerForm = z.strictObject({
  text: z.string().min(1).describe('With {question}, {prompt}, {options} and {letters}.'),
  choices: z.string().min(1).optional().describe('Instead of text, for items with options of their own.'),
  fallback: z.string().min(1).optional().describe('Instead of a text with {prompt}, where the data have none.'),
  option: z.string().min(1).optional().describe('One option: {letter} and {text}; default "{letter}. {text}".'),
  images: z.enum(['first', 'last']).optional().describe('Whether pictures come first (default) or last.'),
  system: z.string().min(1).optional(),
  maxNewTokens: tokens.optional(),
})
const otherStyles = promptStyles.filter(name => name !== 'lantern-eval')

const md5 = z.record(name, z.string().regex(/^[0-9a-f]{32}$/, 'is no md5'))
const labels = z.record(z.enum(['old', 'new']), z.record(name, z.string().regex(/^[A-Z]$/, 'is no letter'))).nullable()

/** Another form in which the same data are found; what it does not say is as in the whole file. */
const layoutSchema = z.strictObject({
  data: z.union([paths, z.record(name, paths)]),
  images: name.optional(),
  fields: fieldsSchema.optional().describe('Instead of the fields of the whole file.'),
  md5: md5.optional(),
  labels: labels.optional(),
})

export const definitionSchema = z.strictObject({
  $schema: z.string().optional(),
  id: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'is made of lower-case letters, digits and hyphens')
    .describe('Lower-case letters, digits and hyphens; none of the shipped ids.'),
  title: name.optional().describe('The name in tables; default: the id.'),
  data: z
    .union([paths, z.record(name, paths)])
    .describe('JSONL, JSON, CSV, TSV or parquet: a path, a list, or a path or list for each split.'),
  images: name.optional().describe('Folder where relative picture paths start; default: that of the data file.'),
  fields: fieldsSchema.optional().describe('The columns; those that are absent are recognised by their usual names.'),
  answerIndex: z
    .union([z.literal(0), z.literal(1)])
    .optional()
    .describe('The number of the first option, where answers are indexes.'),
  scoring: z
    .strictObject({
      metric: z.enum(metrics).optional().describe('Default: accuracy. Items without options are then matched.'),
      headline: aggregateSchema
        .optional()
        .describe('micro (default), macro, group, or {mean: [subtask, ...]}, nested.'),
      tolerance: z.number().min(0).optional().describe('Relative tolerance of the metric number; default 1e-6.'),
    })
    .optional(),
  letters: z
    .number()
    .int()
    .min(2)
    .max(26)
    .optional()
    .describe('How many letters a row has whose options stand in its question or picture and are not recognised.'),
  prompt: z.string().min(1).optional().describe("A jinja template; the mode's line and the answer contract follow."),
  maxNewTokens: z
    .strictObject({direct: tokens.optional(), 'text-cot': tokens.optional(), latent: tokens.optional()})
    .optional()
    .describe('Limits of new tokens by mode.'),
  prompts: z
    .partialRecord(z.enum(otherStyles), peerForm)
    .optional()
    .describe('What other harnesses send, by prompt style; nothing is added to it.'),
  expected: z
    .record(name, z.record(name, count))
    .optional()
    .describe('Samples by split and subtask, which `bench verify` holds; "all" is their sum.'),
  unconfirmed: z
    .array(z.enum(['counts', 'revision']))
    .optional()
    .describe('What was never checked against a copy of the data: `bench verify` says so, and does not hold it.'),
  md5: md5.optional().describe('md5 of published files by their names, which `bench verify` compares.'),
  labels: labels
    .optional()
    .describe('Where answers were corrected: some ids with their letters before (old) and after (new).'),
  layouts: z
    .record(name, layoutSchema)
    .optional()
    .describe('Other forms of the same data, by their names; the first one that is found is read.'),
  aliases: z.array(name).optional().describe('What other harnesses call it in names of tasks and files.'),
  source: z
    .strictObject({
      repo: z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'is no owner/name'),
      revision: name.nullable().describe('A commit; null where none was confirmed: the newest is fetched, and told.'),
      files: z
        .union([z.array(name).min(1), z.record(name, z.array(name).min(1))])
        .optional()
        .describe('Files of the data set, for all splits or for each; * stands for any part of a name. Default: all.'),
      licence: name.optional(),
      url: name.optional(),
    })
    .optional()
    .describe('The data set of the Hugging Face hub that `bench pull` fetches; `data` is then relative to it.'),
})

export type DefinitionFile = z.output<typeof definitionSchema>
export type FieldName = keyof z.output<typeof fieldsSchema>
export const fieldNames = Object.keys(fieldsSchema.shape) as FieldName[]
