// Where the reader is, in the address behind `#`: a link opens the same view again.
import {useEffect, useState} from 'preact/hooks'

export interface Route {
  readonly view: string
  readonly query: URLSearchParams
}

function routeOf(hash: string): Route {
  const [view = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  return {view, query: new URLSearchParams(query)}
}

/** The address of a view; fields that are empty are left out. */
export function linkTo(
  view: string,
  fields: Readonly<Record<string, string | number | null | undefined>> = {},
): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(fields))
    if (value !== undefined && value !== null && value !== '') query.set(name, String(value))
  const text = query.toString()
  return `#/${view}${text === '' ? '' : `?${text}`}`
}

/** Goes to a view; `instead` leaves no step for the Back button. */
export function goTo(link: string, instead = false): void {
  if (instead) location.replace(link)
  else location.hash = link.slice(1)
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const changed = () => setHash(location.hash)
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  return routeOf(hash)
}
