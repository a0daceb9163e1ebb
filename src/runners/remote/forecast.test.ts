import type {Prompt} from '../../core/generation.js'
import type {Size} from '../picture-size.js'
import {endpointForecast} from './forecast.js'
import type {PixelLimits} from './images.js'

const image = {type: 'image', image: {source: 'p', orientation: 'ignore', bytes: async () => new Uint8Array()}} as const
const prompt = (text: string, pictures: number): Prompt => ({
  system: null,
  parts: [...new Array(pictures).fill(image), {type: 'text', text}],
})

function tokens(name: string, {width, height}: Size, limits: PixelLimits = {}, pictures = 1) {
  const forecast = endpointForecast({url: 'https://api.openai.com/v1', name}, limits)
  return forecast.tokens(prompt('repeat word from attached image', pictures), async () => ({width, height}))
}

// The examples of OpenAI's page on images (2048 x 4096, 1024 x 1024, 1800 x 2400), and what replies said of 128 x 64
// and others (community.openai.com 1262691: tokens with the picture less the 12 or 13 without; 1344040: gpt-5-mini).
test.each([
  ['gpt-4o', 1024, 1024, 765],
  ['gpt-4o-2024-11-20', 2048, 4096, 1105],
  ['gpt-4.1', 128, 64, 267 - 12],
  ['openai/gpt-4o-mini', 128, 64, 8512 - 12],
  ['gpt-4.1-mini-2025-04-14', 128, 64, 26 - 13],
  ['gpt-4.1-nano', 128, 64, 33 - 13],
  ['gpt-4.1-mini', 1024, 1024, Math.ceil(1024 * 1.62)],
  ['gpt-4.1-mini', 1800, 2400, Math.ceil(1452 * 1.62)],
  ['gpt-5-mini', 256, 256, 77],
  ['gpt-5-mini', 512, 512, 308],
  ['gpt-5-mini', 768, 1024, 922],
  ['gpt-5-mini', 1280, 720, 1104],
  ['gpt-5-mini', 1024, 1024, 1229],
  ['gpt-5-mini', 2048, 768, 1844],
  // The published processor: 56 x 56 at least, 12,845,056 pixels at most, multiples of 28.
  ['Qwen/Qwen2.5-VL-7B-Instruct', 1200, 900, 43 * 32],
  ['Qwen2.5-VL-7B', 10, 10, 4],
])('%s counts %i x %i as %i tokens', async (name, width, height, expected) => {
  expect((await tokens(name, {width, height})).image).toBe(expected)
})

describe('the forecast of an endpoint', () => {
  it('estimates text by its length', async () => {
    // 12 tokens were billed (the same thread): five words, seven around them.
    const {text} = await tokens('gpt-4o', {width: 1, height: 1})
    expect(text).toBe(Math.ceil(31 / 4) + 7)
  })

  it('counts pictures as they are sent, and each of them', async () => {
    expect((await tokens('gpt-4o', {width: 4000, height: 4000}, {maxPixels: 512 * 512})).image).toBe(255)
    expect((await tokens('gpt-4o', {width: 512, height: 512}, {}, 3)).image).toBe(3 * 255)
  })

  it('does not guess how an unknown model counts pictures, nor look at them', async () => {
    for (const name of ['m', 'gpt-4o-audio', 'qwen3-vl-8b', 'gpt-5.2']) {
      const forecast = endpointForecast({url: 'http://127.0.0.1/v1', name}, {})
      const sizeOf = () => Promise.reject(new Error('not needed'))
      expect(await forecast.tokens(prompt('four', 2), sizeOf)).toEqual({text: 8, image: null})
      expect(await forecast.tokens(prompt('four', 0), sizeOf)).toEqual({text: 8, image: 0})
      expect(forecast.rule).toContain('not known')
    }
  })

  it('has a price at OpenAI only', () => {
    expect(endpointForecast({url: 'https://api.openai.com/v1', name: 'gpt-4o'}, {}).price).toMatchObject({
      input: 2.5,
      output: 10,
    })
    expect(endpointForecast({url: 'http://127.0.0.1/v1', name: 'gpt-4o'}, {}).price).toBeNull()
  })
})
