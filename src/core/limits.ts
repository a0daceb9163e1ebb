// Bounds on the size of files from outside and on the time to read them, each with its reason. Whatever exceeds a bound
// is refused with an error that names the place. No bound affects a result.

const MiB = 2 ** 20

/** Text files and saved answers. */
export const limits = {
  /** One line of any text file. No intended line is longer; a damaged file must not fill the memory. */
  lineBytes: 256 * MiB,
  /** One line of saved answers. The longest answers known are some 200 kB; pictures in a line take a few MB. */
  peerLineBytes: 48 * MiB,
  /** Characters of all answers of a replay, which are held in memory; V8 fails at 2 to 4 GB. */
  replayChars: 1536 * MiB,
  /** A text file that a flag names: settings, a template, a list of samples, a key. */
  textBytes: 16 * MiB,
  /** A picture, or a JSON file of a data set. The largest pictures of the benchmarks have 20 MB. */
  dataFileBytes: 256 * MiB,
  /** Characters of a settings file or recipe in YAML: its parser takes time by the square of the keys. */
  yamlChars: 64 * 1024,
  /** Depth of YAML, of its indents and of its brackets. Settings have 4. Its parser recurses, and ends the process. */
  yamlDepth: 50,
  /** A JSON file that is parsed whole. The largest known, a tokenizer of 262,144 tokens, has 33 MB. */
  jsonBytes: 48 * MiB,
  /** Lists, objects and values in one JSON text. A tokenizer has 1.4 million; each takes some 60 bytes of memory. */
  jsonValues: 4_000_000,
  /** Depth of JSON. Nobody writes more than 20; recursion over some thousands overflows the stack. */
  jsonDepth: 100,
  /** A lock. One of a hundred benchmarks with all their subtasks has 1 MB. */
  lockBytes: 16 * MiB,
  /** One line of a log or of the list of samples. An answer of `answerChars`, escaped, has 6 MB. */
  recordBytes: 32 * MiB,
  /** One member of a ZIP file that is read whole: a sample with its pictures in base64 takes up to 30 MB. */
  zipRecordBytes: 48 * MiB,
  /** One member of a ZIP file that is read as a stream: the strings or the rows of a spreadsheet. */
  zipStreamBytes: 256 * MiB,
  /**
   * All members together: this, and `zipExpansion` times the size of the file. It bounds time, because members are read
   * one at a time.
   */
  zipTotalBytes: 256 * MiB,
  /** JSON logs compress 10 to 30 times. A file that expands more than this was made to do so. */
  zipExpansion: 100,
  /** Members of a ZIP file: a log has one or two a sample. */
  zipMembers: 200_000,
  /** A zstd window is allocated before the first byte is decoded; level 19 uses 8 MiB, `--long` 128. */
  zstdWindowBytes: 64 * MiB,
  /** Bytes moved in one zstd frame, a few seconds of work: the window is moved once per block. */
  zstdMovedBytes: 2 ** 36,
  /** Characters of a spreadsheet's cell. Excel holds 32,767; other writers go beyond. */
  sheetCellChars: 1_000_000,
  /** Characters of all cells of a spreadsheet: cells that share a string count each. */
  sheetChars: 512 * MiB,
  /** Columns of a table: Excel's own bound. */
  tableColumns: 16_384,
  /** Elements of one member of a spreadsheet, three or four a cell: some 10 seconds of work. */
  xmlElements: 10_000_000,
  /** Nested elements of a spreadsheet's XML; its format has about 10. */
  xmlDepth: 64,
  /** Attributes of one XML element; the root of a sheet has some 30. */
  xmlAttributes: 256,
  /** A record of a data file: pictures in a row take some 50 MB at most. */
  tableRowBytes: 128 * MiB,
  /** Time to decode a part of a parquet file, beside `parquetBytesPerMs`. A page can claim any number of values. */
  parquetMs: 12_000,
  /** Bytes decoded in a millisecond, at the least: 5 MB a second. zstd on a busy machine takes 50. */
  parquetBytesPerMs: 5_000,
  /** Memory for what is decoded of a parquet file, its bytes apart. */
  parquetMemoryMb: 512,
  /** A row of a CSV file. */
  csvRowBytes: 16 * MiB,
  /** Folders within a folder: model, date and task are three. */
  folderDepth: 4,
  /** Number of files that are read in a folder. */
  folderFiles: 10_000,
  /**
   * A reply of an endpoint, decompressed. The log-probabilities of a long prompt take a few MB, an answer some 200 kB.
   */
  replyBytes: 16 * MiB,
  /** Characters of an endpoint's error that are read; one line of it is shown. */
  errorChars: 100_000,
  /** Events of a streamed reply that are not JSON; working servers send none. */
  brokenEvents: 100,
  /** Characters of one answer. No model writes more; extraction reads every character several times. */
  answerChars: 1_000_000,
} as const

/** Requests to `serve`. */
export const serveLimits = {
  /** The body of a request. Ten large pictures in base64 take some 30 MB. */
  bodyBytes: 64 * MiB,
  /** Bytes of all bodies that are being read at once. */
  bodiesBytes: 512 * MiB,
  /** Time to send a request whole. */
  bodyMs: 60_000,
  /** Time to keep an idle connection: longer than clients do, or their next request meets one that is being closed. */
  idleMs: 75_000,
  /** Requests that are answered or wait. Further ones are told to come back. */
  open: 64,
  /** Seconds after which a refused client may come back. */
  retryAfterSeconds: 2,
  /** Turns of one conversation, and pictures in it. */
  turns: 1000,
  pictures: 64,
  /** Of all pictures of a request. The largest of a benchmark has 33 million; each takes four bytes when decoded. */
  pixels: 2 ** 27,
  /** Characters of all texts of a conversation: some 128,000 tokens, which is as far as published checkpoints reach. */
  textChars: 500_000,
  newTokens: 32_768,
  latentSize: 4096,
  stops: 16,
  /** OpenAI's own bound. */
  topLogProbs: 20,
  /** When the server stops, clients have this long to take their replies. */
  closeMs: 2_000,
  /** Bytes of a reply that a slow reader has not taken; beyond this its stream is given up. */
  unsentBytes: 4 * MiB,
} as const

/** Checkpoint folders. */
export const checkpointLimits = {
  /** A safetensors header. A tensor takes some 120 bytes: this is enough for a hundred thousand in one file. */
  headerBytes: 16 * MiB,
  /** Number of names that are read in a folder. A training output with a checkpoint per step has some thousands. */
  folderNames: 100_000,
  /** Time to read a tokenizer, or to encode one text with it. Published ones take half a second to read. */
  tokenizerMs: 10_000,
  /** The largest `min_pixels` that a checkpoint may set: 16384 image tokens, the maximum of Qwen2.5-VL. */
  minPixels: 16384 * 28 * 28,
  /** Pixels per side of a window of the vision tower; a published one has 112. */
  windowSide: 28 * 128,
  /** Time of one chat template. Published ones take a few milliseconds. */
  templateMs: 5_000,
  /** Memory of the process that renders chat templates; a bare one takes 5 MB. */
  templateMemoryMb: 128,
  /** Characters that a chat template may write. A conversation of ten pages has 50,000. */
  templateChars: 8_000_000,
} as const
