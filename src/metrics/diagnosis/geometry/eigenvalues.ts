// Eigenvalues of a symmetric matrix.

/**
 * The eigenvalues of a symmetric matrix, largest first. `matrix` is row-major, n x n, and is overwritten.
 * Householder reduction to tridiagonal form, then QL with implicit shifts, both without vectors. Source: Martin,
 * Reinsch and Wilkinson 1968, Numerische Mathematik 11:181; Dubrulle 1970, Numerische Mathematik 15:450.
 */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  if (matrix.length !== n * n) throw new RangeError(`${matrix.length} numbers are no ${n} x ${n} matrix`)
  const {diagonal, beside} = tridiagonal(matrix, n)
  implicitQl(diagonal, beside)
  return diagonal.sort().reverse()
}

/** `beside[i]` stands between the diagonal elements i and i + 1. */
function tridiagonal(a: Float64Array, n: number): {diagonal: Float64Array; beside: Float64Array} {
  const diagonal = new Float64Array(n)
  const beside = new Float64Array(n)
  const v = new Float64Array(n)
  const p = new Float64Array(n)
  for (let k = 0; k + 2 < n; k++) {
    let length = 0
    for (let i = k + 1; i < n; i++) length += a[i * n + k]! ** 2
    length = Math.sqrt(length)
    const head = a[(k + 1) * n + k]!
    const alpha = head > 0 ? -length : length
    beside[k] = alpha
    const squared = length * length - head * alpha
    if (squared === 0) continue
    // H = I - v v^T / squared, with v the column less alpha e1; A := H A H.
    for (let i = k + 1; i < n; i++) v[i] = a[i * n + k]!
    v[k + 1]! -= alpha
    let inner = 0
    for (let i = k + 1; i < n; i++) {
      let sum = 0
      for (let j = k + 1; j < n; j++) sum += a[i * n + j]! * v[j]!
      p[i] = sum / squared
      inner += p[i]! * v[i]!
    }
    inner /= 2 * squared
    for (let i = k + 1; i < n; i++) p[i]! -= inner * v[i]!
    for (let i = k + 1; i < n; i++) for (let j = k + 1; j < n; j++) a[i * n + j]! -= v[i]! * p[j]! + p[i]! * v[j]!
  }
  for (let i = 0; i < n; i++) diagonal[i] = a[i * n + i]!
  if (n > 1) beside[n - 2] = a[(n - 1) * n + n - 2]!
  return {diagonal, beside}
}

const mostSweeps = 60

function implicitQl(d: Float64Array, e: Float64Array): void {
  const n = d.length
  // Many eigenvalues of a rank-deficient matrix are rounding errors: no element beside them is small to those.
  let floor = 0
  for (let i = 0; i < n; i++) floor = Math.max(floor, Number.EPSILON * (Math.abs(d[i]!) + Math.abs(e[i]!)))
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; ; sweep++) {
      let m = l
      while (m < n - 1 && Math.abs(e[m]!) > Math.max(floor, Number.EPSILON * (Math.abs(d[m]!) + Math.abs(d[m + 1]!))))
        m++
      if (m === l) break
      if (sweep === mostSweeps) throw new RangeError('the eigenvalues do not converge')
      let g = (d[l + 1]! - d[l]!) / (2 * e[l]!)
      let r = Math.hypot(g, 1)
      g = d[m]! - d[l]! + e[l]! / (g + (g >= 0 ? r : -r))
      let [s, c, p] = [1, 1, 0]
      let i = m - 1
      for (; i >= l; i--) {
        const f = s * e[i]!
        const b = c * e[i]!
        r = Math.hypot(f, g)
        e[i + 1] = r
        if (r === 0) {
          d[i + 1]! -= p
          e[m] = 0
          break
        }
        s = f / r
        c = g / r
        g = d[i + 1]! - p
        r = (d[i]! - g) * s + 2 * c * b
        p = s * r
        d[i + 1] = g + p
        g = c * r - b
      }
      if (r === 0 && i >= l) continue
      d[l]! -= p
      e[l] = g
      e[m] = 0
    }
  }
}
