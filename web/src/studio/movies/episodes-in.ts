/** Episodes in a text as catalogues give them; the server says what is wrong with each. */
export function episodesIn(text: string): unknown[] {
  const given = parsed(text)
  if (!Array.isArray(given)) throw new Error('This is JSON, but no list: it has to begin with [ and end with ].')
  return given
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`This is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** A refusal without what means something to programmers of the server alone. */
export function plainRefusal(sentence: string): string {
  return sentence.replace(/^Failed to deserialize the JSON body into the target type: /, '')
}
