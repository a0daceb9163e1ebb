import fc from 'fast-check'
import {splitRow} from './split-row.js'

test('splitting never throws and always advances', () => {
  fc.assert(
    fc.property(fc.uint8Array({minLength: 1, maxLength: 40}), fc.boolean(), (bytes, final) => {
      const row = splitRow(Buffer.from(bytes), 0, final, 9)
      if (final) expect(row).toBeDefined()
      if (row) expect(row.next).toBeGreaterThan(0)
    }),
  )
})

test('a row of millions of cells is counted, not kept', () => {
  const row = splitRow(Buffer.alloc(1_000_000, ','), 0, true, 44)
  expect(row).toMatchObject({count: 1_000_001, closed: true})
  expect(row?.cells).toHaveLength(16_384)
})
