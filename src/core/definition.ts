// What the `define...` functions return: a part with its kind and its name, so that a plug-in can list parts of any
// kind, and the loader knows which register each belongs to.

export const definitionKinds = [
  'benchmark',
  'runner',
  'extractor',
  'format',
  'protocol',
  'recipe',
  'intervention',
  'peer-format',
] as const
export type DefinitionKind = (typeof definitionKinds)[number]

/** Plain data but for the part itself: a plug-in may have been written against another copy of this package. */
export interface Definition<K extends DefinitionKind = DefinitionKind, T = unknown> {
  readonly kind: K
  readonly name: string
  readonly part: T
}
