// Which Relative_Reflectance labels a copy of BLINK carries. Most of the 134 were corrected in 2025
// (zeyofu/BLINK_Benchmark issue 13); published figures use the old ones, so runs over different labels are never
// compared.

/**
 * The old labels of val_Relative_Reflectance_1 to _134, in this order.
 * Source: zeyofu/BLINK_Benchmark 2d6a779be4aa1ad0d38d7aa539bcb43b6dd81592, eval/val_answers.json, Apache-2.0
 * (fixtures/blink/LICENSE).
 */
const oldLabels =
  'ACBACBCCCBCAABCAABBBABCBBAACCCABCCAABBAABBBCCCCCACBCCCABAABAAAAAAAABCCCBCCAABCBAACBBCCBCCCAACCCCBCBBABBBBCCBBCCABABBCBCCBCBAAACCCBCAAC'

/**
 * At least this share of the labels must differ before they are called the corrected ones; a few changed letters have
 * another cause.
 */
const changedShare = 0.5

/**
 * `old` when all 134 labels are the old ones, `new` when most differ, else `unknown`.
 * @param letters gold letter by official id (`val_Relative_Reflectance_1`)
 */
export function reflectanceLabels(letters: ReadonlyMap<string, string>): 'old' | 'new' | 'unknown' {
  let same = 0
  let different = 0
  for (const [index, old] of [...oldLabels].entries()) {
    const letter = letters.get(`val_Relative_Reflectance_${index + 1}`)
    if (letter === old) same++
    else if (letter !== undefined) different++
  }
  if (same + different < oldLabels.length) return 'unknown'
  if (different === 0) return 'old'
  return different / oldLabels.length >= changedShare ? 'new' : 'unknown'
}
