// Decides which proxy to use for a URL, from the variables that curl, Python and Go also read. network.ts opens the
// connections.
import {BlockList, isIP} from 'node:net'
import {LanternError} from '../core/errors.js'
import {decoded} from '../core/redact.js'
import type {Environment} from './cache-layout.js'

export interface HttpProxy {
  /** Without user and password. */
  readonly url: string
  /** The value of Proxy-Authorization, if the variable names a user. */
  readonly authorization?: string
}

/**
 * The proxy of a URL: HTTPS_PROXY or HTTP_PROXY, depending on the scheme. The lower-case name takes precedence, and an
 * empty value means no proxy. Hosts listed in NO_PROXY and this machine are reached directly, as in Go (golang/net:
 * http/httpproxy/proxy.go).
 * Throws LanternError `usage` for a variable that does not hold a proxy; the message does not quote the value.
 */
export function proxyFor(url: URL, env: Environment): HttpProxy | null {
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const value = (env[name.toLowerCase()] ?? env[name] ?? '').trim()
  if (value === '' || isThisMachine(hostOf(url)) || isExcepted(url, env['no_proxy'] ?? env['NO_PROXY'] ?? ''))
    return null
  // A bare `host:port` means http, as in other tools.
  const text = value.includes('://') ? value : `http://${value}`
  const proxy = URL.canParse(text) ? new URL(text) : null
  if (proxy === null || proxy.hostname === '' || !/^(?:https?|socks5):$/.test(proxy.protocol)) {
    throw new LanternError(
      'usage',
      `The variable ${name} does not hold a proxy.`,
      'Write it in full, e.g. http://proxy.example.org:3128.',
    )
  }
  const [user, password] = [decoded(proxy.username), decoded(proxy.password)]
  return {
    url: `${proxy.protocol}//${proxy.host}`,
    ...(user !== '' && {authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`}),
  }
}

/** The host, without the brackets of an IPv6 address. */
function hostOf({hostname}: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('0.0.0.0', 'ipv4')
loopback.addAddress('::1', 'ipv6')
loopback.addAddress('::', 'ipv6')

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || contains(loopback, host)
}

function contains(list: BlockList, host: string): boolean {
  const family = isIP(host)
  return family !== 0 && list.check(host, family === 6 ? 'ipv6' : 'ipv4')
}

/**
 * Whether NO_PROXY lists the host: `*`, a host with its subdomains (`example.org`, `.example.org` and `*.example.org`
 * are the same), an address or a network (`10.0.0.0/8`), each optionally with a port. Entries are separated by commas
 * or blanks.
 */
function isExcepted(url: URL, noProxy: string): boolean {
  const host = hostOf(url)
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return noProxy
    .toLowerCase()
    .split(/[,\s]+/)
    .filter(Boolean)
    .some(entry => entry === '*' || isNamed(entry, host, port))
}

function isNamed(entry: string, host: string, port: string): boolean {
  const [, network, bits] = /^(.+)\/(\d+)$/.exec(entry) ?? []
  if (network !== undefined) return isWithin(network, Number(bits), host)
  // `host:port`, `[address]:port`, or either without a port. An IPv6 address without brackets contains colons itself.
  const [, name = entry, only = port] = isIP(entry) === 6 ? [] : (/^\[?(.+?)\]?(?::(\d+))?$/.exec(entry) ?? [])
  const domain = name.replace(/^\*?\./, '')
  return only === port && (host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`)))
}

function isWithin(network: string, bits: number, host: string): boolean {
  const family = isIP(network)
  if (family === 0 || bits > (family === 6 ? 128 : 32)) return false
  const list = new BlockList()
  list.addSubnet(network, bits, family === 6 ? 'ipv6' : 'ipv4')
  return contains(list, host)
}
