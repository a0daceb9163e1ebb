// Writes parquet files in the layout of the hub for tests: pictures as `{bytes, path}` structs, lists of strings,
// several row groups.
import {gzipSync} from 'node:zlib'
import type {CompressionCodec, SchemaElement} from 'hyparquet'
import {parquetWriteFile} from 'hyparquet-writer'

export type Picture = {bytes: Uint8Array | null; path: string | null} | null
export type Column =
  | {name: string; type: 'text'; data: (string | null)[]}
  | {name: string; type: 'number'; data: (number | null)[]}
  | {name: string; type: 'texts'; data: (string[] | null)[]}
  | {name: string; type: 'picture'; data: Picture[]}

/** A Zstandard frame of raw blocks (RFC 8878, 3.1.1). Valid for every decoder, and needs no compressor. */
function zstdStored(input: Uint8Array): Uint8Array {
  const blockLimit = 1 << 17
  // Single segment, 4 bytes of content size.
  const parts: Uint8Array[] = [
    Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0xa0),
    new Uint8Array(Uint32Array.of(input.length).buffer),
  ]
  let from = 0
  do {
    const block = input.subarray(from, from + blockLimit)
    from += block.length
    const header = (block.length << 3) | (from >= input.length ? 1 : 0)
    parts.push(Uint8Array.of(header & 255, (header >> 8) & 255, header >> 16), block)
  } while (from < input.length)
  return new Uint8Array(Buffer.concat(parts))
}

const leaf = (name: string): SchemaElement => ({name, type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL'})
const textLeaf = (name: string): SchemaElement => ({
  ...leaf(name),
  converted_type: 'UTF8',
  logical_type: {type: 'STRING'},
})

const elements: Record<Column['type'], (name: string) => SchemaElement[]> = {
  text: name => [textLeaf(name)],
  number: name => [{name, type: 'INT64', repetition_type: 'OPTIONAL'}],
  texts: name => [
    {name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST', logical_type: {type: 'LIST'}},
    {name: 'list', repetition_type: 'REPEATED', num_children: 1},
    textLeaf('element'),
  ],
  picture: name => [{name, repetition_type: 'OPTIONAL', num_children: 2}, leaf('bytes'), textLeaf('path')],
}

/** The schema of columns of these types, with pictures as the hub stores them. */
export function schemaOf(columns: readonly Pick<Column, 'name' | 'type'>[]): SchemaElement[] {
  return [{name: 'schema', num_children: columns.length}, ...columns.flatMap(({name, type}) => elements[type](name))]
}

/** Writes the columns as one parquet file. */
export function writeParquet(
  filename: string,
  columns: readonly Column[],
  {
    codec = 'SNAPPY',
    rowGroupSize = 3,
    statistics = true,
  }: {codec?: CompressionCodec; rowGroupSize?: number; statistics?: boolean} = {},
): void {
  parquetWriteFile({
    filename,
    codec,
    rowGroupSize,
    statistics,
    compressors: {GZIP: input => new Uint8Array(gzipSync(input)), ZSTD: zstdStored},
    schema: schemaOf(columns),
    columnData: columns.map(({name, type, data}) => ({
      name,
      data: type === 'number' ? data.map(value => (value === null ? null : BigInt(value))) : data,
    })),
  })
}
