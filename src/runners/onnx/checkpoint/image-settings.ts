// Reads how pictures are prepared: `image_processor` in processor_config.json, else preprocessor_config.json. If the
// file asks for a different or missing step, that is honoured or refused, never ignored.
import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {z} from 'zod'
import {LanternError} from '../../../core/errors.js'
import {isJsonObject, type JsonObject} from '../../../core/json.js'
import {readJsonObject} from '../../../core/json-object.js'
import {checkpointLimits} from '../../../core/limits.js'
import type {Checkpoint, VisionConfig} from '../types.js'
import type {ParsedConfig} from './config.js'

export interface ImageSettings {
  readonly image: Checkpoint['image']
  /** Sentences about what the files leave open. */
  readonly assumed: readonly string[]
}

const channelValues = z.array(z.number()).length(3)
const pixels = z.number().int().positive()

const schema = z.looseObject({
  min_pixels: pixels.nullish(),
  max_pixels: pixels.nullish(),
  // Versions of transformers have written the limits under two pairs of names.
  size: z
    .looseObject({
      shortest_edge: pixels.nullish(),
      longest_edge: pixels.nullish(),
      min_pixels: pixels.nullish(),
      max_pixels: pixels.nullish(),
    })
    .nullish(),
  image_mean: channelValues.nullish(),
  image_std: channelValues.nullish(),
  do_resize: z.boolean().nullish(),
  do_rescale: z.boolean().nullish(),
  do_normalize: z.boolean().nullish(),
  image_processor_type: z.string().nullish(),
  rescale_factor: z.number().nullish(),
  resample: z.number().nullish(),
  patch_size: z.number().nullish(),
  merge_size: z.number().nullish(),
  temporal_patch_size: z.number().nullish(),
})

/**
 * The settings in the first of the folders that has any. Throws LanternError `bad-checkpoint` (naming file and field)
 * for impossible values, and `unsupported` for steps that are not implemented.
 */
export async function readImageSettings(
  folders: readonly string[],
  {architecture, vision}: Pick<ParsedConfig, 'architecture' | 'vision'>,
): Promise<ImageSettings> {
  const {limits, limitsAs, fetch, ...published} = architecture.pictures
  const {file, value} = await settingsIn(folders)
  const parsed = schema.safeParse(value)
  const bad = (what: string) =>
    new LanternError('bad-checkpoint', `${file}: ${what}.`, 'Fetch the file that belongs to these weights.')
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw bad(`${issue.path.join('.')}: ${issue.message}`)
  }
  const said = parsed.data
  refuseOtherPipelines(said, vision, file)

  const {size} = said
  const saidMin = said.min_pixels ?? size?.shortest_edge ?? size?.min_pixels
  const saidMax = said.max_pixels ?? size?.longest_edge ?? size?.max_pixels
  const minPixels = saidMin ?? limits.minPixels
  const maxPixels = saidMax ?? limits.maxPixels
  if (minPixels > maxPixels) throw bad(`at least ${minPixels} pixels and at most ${maxPixels}: no picture has both`)
  // Every smaller picture would be enlarged to this size.
  if (minPixels > checkpointLimits.minPixels)
    throw bad(`at least ${minPixels} pixels; at most ${checkpointLimits.minPixels} can be asked for`)
  const plain = said.do_normalize === false
  const mean = plain ? [0, 0, 0] : (said.image_mean ?? published.mean)
  const std = plain ? [1, 1, 1] : (said.image_std ?? published.std)
  if (std.some(deviation => deviation <= 0)) throw bad(`image_std [${std.join(', ')}] must be above 0`)
  return {
    image: {minPixels, maxPixels, fetch, mean, std},
    assumed: [
      ...(saidMin == null || saidMax == null
        ? [
            `picture limits ${minPixels} to ${maxPixels} pixels: the files give ${saidMin == null && saidMax == null ? 'none' : 'only one'}, ${architecture.name}'s published defaults are ${limitsAs}`,
          ]
        : []),
      ...(!plain && (said.image_mean == null || said.image_std == null)
        ? ['image_mean and image_std as published: the files do not give both']
        : []),
    ],
  }
}

async function settingsIn(folders: readonly string[]): Promise<{readonly file: string; readonly value: JsonObject}> {
  for (const folder of folders) {
    const nested = join(folder, 'processor_config.json')
    if (existsSync(nested)) {
      const value = (await readJsonObject(nested))['image_processor']
      if (isJsonObject(value)) return {file: nested, value}
      if (value !== undefined && value !== null)
        throw new LanternError('bad-checkpoint', `${nested}: image_processor is not an object.`)
    }
    const file = join(folder, 'preprocessor_config.json')
    if (existsSync(file)) return {file, value: await readJsonObject(file)}
  }
  return {file: join(folders.at(-1)!, 'preprocessor_config.json'), value: {}}
}

/** Pillow's number for bicubic. */
const bicubic = 3

function refuseOtherPipelines(said: z.infer<typeof schema>, vision: VisionConfig, file: string): void {
  const differs = (value: number | null | undefined, expected: number) => value != null && value !== expected
  const {size} = said
  const asks =
    said.do_resize === false
      ? 'do_resize false: pictures of any size do not divide into patches'
      : said.do_rescale === false
        ? 'do_rescale false'
        : said.rescale_factor != null && Math.abs(said.rescale_factor * 255 - 1) > 1e-6
          ? `rescale_factor ${said.rescale_factor}`
          : differs(said.resample, bicubic)
            ? `resample ${said.resample} (bicubic is ${bicubic})`
            : size != null && 'height' in size
              ? 'a fixed size of pictures'
              : said.image_processor_type != null && !/^Qwen[23]/.test(said.image_processor_type)
                ? `image_processor_type ${JSON.stringify(said.image_processor_type)}`
                : differs(said.patch_size, vision.patch) ||
                    differs(said.merge_size, vision.merge) ||
                    differs(said.temporal_patch_size, vision.temporalPatch)
                  ? "another size of patches than config.json's vision_config"
                  : null
  if (asks === null) return
  throw new LanternError(
    'unsupported',
    `${file} asks for ${asks}, which the local runner does not do.`,
    'Fetch the file that belongs to these weights, or serve the checkpoint and use openai:NAME.',
  )
}
