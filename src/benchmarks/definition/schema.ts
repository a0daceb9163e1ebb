// The schema of a definition file: a benchmark as data. schemas/benchmark.schema.json is generated from it. What the
// columns of the data hold is checked when they are read, not here.
import {z} from 'zod'
import {aggregateSchema} from '../../core/headline.js'

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

export const fieldsSchema = z.strictObject({
  id: oneColumn('The id of a sample; null: the number of its row.'),
  image: columns('Pictures: a path, base64, a data URI, bytes, or a list of them, in one column or several.'),
  question: oneColumn('The question.'),
  options: columns(
    'A column for each option in the order of the letters, or one with a list, a JSON list, a dict or lettered lines.',
  ),
  answer: oneColumn("A letter, an option's text, an index (answerIndex says its base), or accepted texts."),
  subtask: oneColumn('The subtask.'),
  cluster: oneColumn('What intervals cluster by: samples with the same value are not independent.'),
  group: oneColumn('Samples that count only together: pairs, rotations.'),
  boxes: oneColumn('[[x1, y1, x2, y2], ...] in pixels.'),
})

const metrics = ['accuracy', 'match', 'number', 'judge'] as const

const tokens = z.number().int().min(1)

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
  prompt: z.string().min(1).optional().describe("A jinja template; the mode's line and the answer contract follow."),
  maxNewTokens: z
    .strictObject({direct: tokens.optional(), 'text-cot': tokens.optional(), latent: tokens.optional()})
    .optional()
    .describe('Limits of new tokens by mode.'),
  expected: z
    .record(name, z.record(name, z.number().int().min(0)))
    .optional()
    .describe('Samples by split and subtask, which `bench verify` holds; "all" is their sum.'),
  source: z
    .strictObject({
      repo: z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'is no owner/name'),
      revision: name.describe('A commit.'),
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
