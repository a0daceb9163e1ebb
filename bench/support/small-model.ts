// The sizes of the text decoder in benches: 123 M parameters are read per token, 492 MB in float32. Most of them are in
// the head, as in a small real model.
export const smallSizes = {
  layers: 16,
  hidden: 512,
  heads: 8,
  kvHeads: 2,
  headDim: 64,
  intermediate: 1408,
  vocabulary: 151_936,
  mropeSection: [8, 12, 12] as const,
}
