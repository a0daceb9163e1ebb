// A value that takes a moment. While a new one loads, the one before stays in view.
import {useEffect, useState} from 'preact/hooks'

export interface Loaded<T> {
  readonly value?: T
  readonly problem?: string
}

/** Loads again when one of `inputs` changes. An answer that comes too late is dropped. */
export function useLoaded<T>(load: () => Promise<T>, inputs: readonly unknown[]): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({})
  useEffect(() => {
    let wanted = true
    load().then(
      value => wanted && setLoaded({value}),
      error => wanted && setLoaded({problem: String(error?.message ?? error)}),
    )
    return () => {
      wanted = false
    }
  }, inputs)
  return loaded
}
