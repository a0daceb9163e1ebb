// Estimates the tokens of prompts at an endpoint before any is sent. The endpoint's tokenizer is not available, so all
// numbers are estimates and marked as such.

import {picturesOf, turnsOf} from '../../core/generation.js'
import type {Size} from '../picture-size.js'
import type {Forecast, Price} from '../runner.js'
import {smartResize} from '../smart-resize.js'
import type {Endpoint} from './endpoint.js'
import {type PixelLimits, sizeWithin} from './images.js'
import {priceOf} from './prices.js'

/** A rule of thumb for English text (help.openai.com, "What are tokens and how to count them?"). */
const charactersPerToken = 4
/**
 * The tokens that the chat format adds: three for a turn and one for its role, and three before the answer
 * (openai/openai-cookbook: How_to_count_tokens_with_tiktoken).
 */
const tokensPerTurn = 4
const tokensBeforeAnswer = 3

interface PictureRule {
  readonly models: RegExp
  readonly says: string
  readonly tokens: (size: Size) => number
}

/**
 * How models count a picture (developers.openai.com/api/docs/guides/images-vision, "Calculating costs", detail high).
 * For gpt-5-mini and -nano the price calculator and measured replies say 1.2 and 1.5 where that page says 1.62 and 2.46
 * (community.openai.com, 1344040).
 */
const pictureRules: readonly PictureRule[] = [
  {models: /^(?:gpt-4o|gpt-4\.1)$/, ...tiles(85, 170)},
  {models: /^gpt-4o-mini$/, ...tiles(2833, 5667)},
  {models: /^gpt-5$/, ...tiles(70, 140)},
  {models: /^gpt-4\.1-mini$/, ...patches(1.62)},
  {models: /^gpt-4\.1-nano$/, ...patches(2.46)},
  {models: /^gpt-5-mini$/, ...patches(1.2)},
  {models: /^gpt-5-nano$/, ...patches(1.5)},
  {models: /^qwen-?2(?:\.5)?-?vl\b/i, ...qwenCells()},
]

/**
 * A forecast for the model of an endpoint. Pictures are counted only if the model's name is known. Pixel limits are
 * those of the run.
 */
export function endpointForecast(
  endpoint: Pick<Endpoint, 'url' | 'name'>,
  limits: PixelLimits,
  price?: Pick<Price, 'input' | 'output'>,
): Forecast {
  // `openai/gpt-4o`, `Qwen/Qwen2.5-VL-7B-Instruct`, `gpt-4o-2024-08-06`
  const model = endpoint.name.replace(/^.*\//, '').replace(/-\d{4}-\d{2}-\d{2}$/, '')
  const pictures = pictureRules.find(({models}) => models.test(model))
  const text = `a token for ${charactersPerToken} characters of text, ${tokensPerTurn + tokensBeforeAnswer} for the turn`
  return {
    basis: 'estimated',
    rule: `${text}; ${pictures?.says ?? 'how this model counts pictures is not known here'}`,
    price: priceOf(endpoint, price),
    async tokens(prompt, sizeOf) {
      const turns = turnsOf(prompt)
      const parts = turns.flatMap(turn => turn.parts)
      const texts = [prompt.system ?? '', ...parts.map(part => (part.type === 'text' ? part.text : ''))].join('')
      const images = picturesOf(prompt)
      const format = tokensPerTurn * turns.length + tokensBeforeAnswer
      const count = {text: Math.ceil(texts.length / charactersPerToken) + format}
      if (images.length === 0) return {...count, image: 0}
      if (pictures === undefined) return {...count, image: null}
      let image = 0
      for (const picture of images) {
        const {width, height} = await sizeOf(picture)
        const [sentWidth, sentHeight] = sizeWithin(width, height, limits)
        image += pictures.tokens({width: sentWidth, height: sentHeight})
      }
      return {...count, image}
    },
  }
}

/**
 * The picture is shrunk to fit 2048 x 2048, then to a shorter side of 768. It costs a base amount plus an amount for
 * each 512 x 512 tile that it touches.
 */
function tiles(base: number, tile: number): Omit<PictureRule, 'models'> {
  return {
    says: `${base} tokens a picture and ${tile} for each tile of 512 x 512`,
    tokens({width, height}) {
      const fit = Math.min(1, 2048 / Math.max(width, height))
      const scale = fit * Math.min(1, 768 / (fit * Math.min(width, height)))
      const across = (length: number) => Math.ceil(Math.round(length * scale) / 512)
      return base + tile * across(width) * across(height)
    },
  }
}

/** Number of 32 x 32 patches, at most 1,536 after shrinking, times the model's factor. */
function patches(factor: number): Omit<PictureRule, 'models'> {
  const [side, most] = [32, 1536]
  return {
    says: `${factor} tokens for each patch of ${side} x ${side}, at most ${most} patches a picture`,
    tokens({width, height}) {
      const count = (scale: number) =>
        Math.ceil((width * scale) / side - 1e-9) * Math.ceil((height * scale) / side - 1e-9)
      if (count(1) <= most) return Math.ceil(count(1) * factor)
      const shrink = Math.sqrt((side * side * most) / (width * height))
      const whole = (length: number) => Math.floor((length * shrink) / side) / ((length * shrink) / side)
      return Math.ceil(count(shrink * Math.min(whole(width), whole(height))) * factor)
    },
  }
}

/**
 * Cells of 28 x 28 within the limits that Qwen/Qwen2.5-VL-7B-Instruct publishes (preprocessor_config.json); a server
 * may set others.
 */
function qwenCells(): Omit<PictureRule, 'models'> {
  return {
    says: 'one for each 28 x 28 pixels of a picture within the published limits',
    tokens(size) {
      const {width, height} = smartResize(size, {minPixels: 3136, maxPixels: 12_845_056}, 28)
      return (width / 28) * (height / 28)
    },
  }
}
