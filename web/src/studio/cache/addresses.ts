/** The addresses in a text: one in a line, or with spaces between them; each once. */
export function addressesIn(text: string): string[] {
  return [...new Set(text.split(/\s+/).filter(Boolean))]
}

/** The host of an address and the rest of it, for reading; all of it where it is none. */
export function partsOf(address: string): [host: string, rest: string] {
  const parts = /^https?:\/\/([^/?#]+)(.*)$/i.exec(address)
  return parts ? [parts[1] ?? '', parts[2] ?? ''] : ['', address]
}
