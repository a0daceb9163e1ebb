// The minimal cost of asking about pictures: reads each file, sends it as a data URI, counts the answers. Plain
// JavaScript, so that nothing else is loaded into the process.
// Arguments: URL, folder of N.png, number of pictures, number in flight.
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {Pool} from 'undici'

const [url, folder, count, inFlight] = process.argv.slice(2)
const pool = new Pool(new URL(url).origin, {connections: null})
const rest = Array.from({length: Number(count)}, (_, index) => join(folder, `${index}.png`)).values()
let answers = 0
async function worker() {
  for (const name of rest) {
    const data = (await readFile(name)).toString('base64')
    const content = [
      {type: 'image_url', image_url: {url: `data:image/png;base64,${data}`}},
      {type: 'text', text: 'How many cards are there? Answer with the letter.'},
    ]
    const body = JSON.stringify({model: 'm', messages: [{role: 'user', content}], max_tokens: 16, temperature: 0})
    const reply = await pool.request({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: {'content-type': 'application/json'},
      body,
    })
    const {choices} = await reply.body.json()
    if (choices[0].message.content === 'A') answers++
  }
}
await Promise.all(Array.from({length: Number(inFlight)}, worker))
await pool.close()
if (answers !== Number(count)) throw new Error(`${answers} of ${count} answered`)
