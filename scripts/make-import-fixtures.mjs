// Creates fixtures/import/inspect.eval, a small log in the format of inspect. It has zstd members (creating them needs
// the `zstd` command), one of them in two frames, a deflated and stored ones, and a sample that was written twice. Run
// from the repository root.
import {execFileSync} from 'node:child_process'
import {mkdirSync, writeFileSync} from 'node:fs'
import {crc32, deflateRawSync} from 'node:zlib'

const zstd = data => execFileSync('zstd', ['-q', '-19', '-c'], {input: data})
const pack = {
  stored: [0, data => data],
  deflated: [8, data => deflateRawSync(data)],
  zstd: [93, zstd],
  frames: [93, data => Buffer.concat([zstd(data.subarray(0, 40)), zstd(data.subarray(40))])],
}

const sample = (id, epoch, text, target, value, rest = {}) => ({
  ...{
    id,
    epoch,
    input: 'Is the car beneath the cat?',
    choices: ['yes', 'no'],
    target,
    metadata: {sub_task: 'Spatial_Relation'},
  },
  output: {
    choices: [{message: {role: 'assistant', content: text}, stop_reason: rest.stop ?? 'stop'}],
    usage: {input_tokens: 300, output_tokens: 12},
    time: 0.5,
  },
  scores: {choice: {value, answer: value === 'C' ? target : null}},
  ...(rest.error ? {error: {message: rest.error}} : {}),
})
const spec = {task: 'blink_spatial', model: 'openai/some-model', dataset: {name: 'BLINK-Benchmark/BLINK'}}
const name = (id, epoch = 1) => `samples/${id}_epoch_${epoch}.json`
const reasoning = [
  {type: 'reasoning', reasoning: 'It might be (A).'},
  {type: 'text', text: 'The answer is B.'},
]

const members = [
  ['_journal/start.json', 'zstd', {version: 2, eval: spec}],
  [name('val_Spatial_Relation_1'), 'stored', sample('val_Spatial_Relation_1', 1, 'not yet', 'B', 'I')],
  [
    name('val_Spatial_Relation_2'),
    'deflated',
    sample('val_Spatial_Relation_2', 1, 'After a look, the answer is (A).', 'A', 'I'),
  ],
  [
    name('val_Spatial_Relation_3'),
    'stored',
    sample('val_Spatial_Relation_3', 1, '', 'A', 'I', {error: 'connection reset'}),
  ],
  [
    name('val_Spatial_Relation_4'),
    'zstd',
    sample('val_Spatial_Relation_4', 1, 'First I look at', 'A', 'I', {stop: 'max_tokens'}),
  ],
  [name('val_Spatial_Relation_1', 2), 'frames', sample('val_Spatial_Relation_1', 2, '(A)', 'B', 'I')],
  ['_journal/summaries/1.json', 'zstd', []],
  [name('val_Spatial_Relation_1'), 'frames', sample('val_Spatial_Relation_1', 1, reasoning, 'B', 'C')],
  ['header.json', 'zstd', {version: 2, status: 'success', eval: spec}],
]

const [u16, u32] = [2, 4].map(size => value => {
  const bytes = Buffer.alloc(size)
  bytes.writeUIntLE(value, 0, size)
  return bytes
})
const parts = []
const directory = []
let offset = 0
for (const [path, how, value] of members) {
  const data = Buffer.from(JSON.stringify(value))
  const [method, packer] = pack[how]
  const packed = packer(data)
  const file = Buffer.from(path)
  // Version, flags, method, time, date (1 January 1980), checksum, sizes, lengths of the name and of the extra field.
  const facts = [
    u16(method === 93 ? 63 : 20),
    u16(0),
    u16(method),
    u16(0),
    u16(33),
    u32(crc32(data)),
    u32(packed.length),
    u32(data.length),
    u16(file.length),
    u16(0),
  ]
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), ...facts, file])
  directory.push(
    Buffer.concat([
      Buffer.from('PK\x01\x02', 'latin1'),
      u16(63),
      ...facts,
      u16(0),
      u16(0),
      u16(0),
      u32(0),
      u32(offset),
      file,
    ]),
  )
  parts.push(local, packed)
  offset += local.length + packed.length
}
const central = Buffer.concat(directory)
const end = [u16(0), u16(0), u16(members.length), u16(members.length), u32(central.length), u32(offset), u16(0)]
mkdirSync('fixtures/import', {recursive: true})
writeFileSync(
  'fixtures/import/inspect.eval',
  Buffer.concat([...parts, central, Buffer.from('PK\x05\x06', 'latin1'), ...end]),
)
