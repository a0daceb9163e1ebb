import {Graph} from './onnx-writer.js'
import {availableProviders, createSession, parseDevice} from './ort-session.js'

it('parses the device flag', () => {
  expect(parseDevice('cpu')).toEqual({provider: 'cpu', index: 0})
  expect(parseDevice('cuda')).toEqual({provider: 'cuda', index: 0})
  expect(parseDevice('cuda:2')).toEqual({provider: 'cuda', index: 2})
  expect(() => parseDevice('gpu')).toThrow(/Unknown device "gpu"/)
})

it('names the command that installs CUDA when its libraries are missing', async () => {
  if ((await availableProviders()).includes('cuda')) return
  const g = new Graph('identity')
  g.output('y', g.input('x', 'f32', [1]), 'f32', [1])
  await expect(
    createSession(g.encode(), {device: parseDevice('cuda'), folder: '.', mapped: false}),
  ).rejects.toMatchObject({
    code: 'device',
    message: expect.stringMatching(/CUDA provider cannot be loaded/),
    suggestion: expect.stringMatching(/node \S*onnxruntime-node.script.install\.js$/),
  })
})
