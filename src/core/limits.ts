// How much of what others wrote is read, and for how long: each bound with its reason. What exceeds a bound is refused
// by name; no bound is there to make a result.

const MiB = 2 ** 20

/** Checkpoint folders. */
export const checkpointLimits = {
  /** A JSON file or a template beside the weights. The largest known, a tokenizer of 262,144 tokens, has 33 MB. */
  jsonBytes: 48 * MiB,
  /** Depth of such a file. A tokenizer has 8 levels; parsing and validating recurse. */
  jsonDepth: 64,
  /** Lists, objects and values of such a file. A tokenizer has 1.4 million; each takes some 60 bytes of memory. */
  jsonValues: 4_000_000,
  /** A safetensors header. A tensor takes some 120 bytes: this is enough for a hundred thousand in one file. */
  headerBytes: 16 * MiB,
  /** Names in a folder that are looked at. A training output with a checkpoint per step has some thousands. */
  folderNames: 100_000,
  /** Time to read a tokenizer, or to encode one text with it. Published ones take half a second to read. */
  tokenizerMs: 10_000,
  /** The least number of pixels that a checkpoint may ask for: 16384 image tokens, the most of Qwen2.5-VL. */
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
