// The latents in a reply of `serve` (guide/serve.md).
import {z} from 'zod'
import {decodedVector} from '../../core/vector-text.js'
import {usageSchema} from '../../run-folder/record.js'

const vector = z.unknown().transform((value, context) => {
  const read = decodedVector(value)
  if (read !== undefined) return read
  context.addIssue({code: 'custom', message: 'is no vector'})
  return z.NEVER
})
const counts = z.array(z.number().int().min(0))
const size = z.number().int().min(1)

const schema = z.object({
  blocks: z.array(
    z.object({
      steps: z.number().int().min(0),
      vectors: z.array(vector).optional(),
      /** What the model itself would have fed, where something else was. */
      own: z.array(vector).optional(),
    }),
  ),
  engaged: z.boolean(),
  usage: usageSchema,
  tokenIds: counts,
  latentAt: counts,
  promptNorms: z.object({text: z.number().nullable(), picture: z.number().nullable()}).optional(),
  /** Sizes as the model saw the pictures. */
  pictures: z.array(z.tuple([size, size])),
})

export type SaidLatents = z.infer<typeof schema>

/** What a choice says of its latents; undefined where it says nothing, or nothing that can be read. */
export function latentsSaid(value: unknown): SaidLatents | undefined {
  return schema.safeParse(value).data
}
