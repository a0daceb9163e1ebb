import {gpuOf} from './gpu.js'

test('a worker uses one GPU, and says which', () => {
  expect(gpuOf('cuda', '3')).toEqual({level: 'info', sentence: 'This worker uses GPU 3.'})
  expect(gpuOf('cuda', undefined)).toMatchObject({level: 'info'})
  expect(gpuOf('cuda', 'GPU-8932f937, GPU-1')).toEqual({
    level: 'warn',
    sentence: 'This worker uses GPU GPU-8932f937 alone. CUDA_VISIBLE_DEVICES names 2; start a worker for each.',
  })
})

test('a worker without a GPU ends before it takes a unit, if the sweep needs one', () => {
  for (const none of ['', '-1', '-1,0']) expect(() => gpuOf('cuda', none)).toThrow('hides every GPU')
  for (const device of ['cpu', undefined]) expect(gpuOf(device, '')).toBeNull()
})
