/** Joins words by spaces into as few texts as keep their order and the limit; a word is ASCII. */
export function packWords(words: readonly string[], limit: number): readonly string[] {
  const texts: string[] = []
  for (const word of words) {
    const last = texts.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= limit) {
      texts[texts.length - 1] = `${last} ${word}`
    } else texts.push(word)
  }
  return texts
}

/** The way back from `packWords`. */
export function unpackWords(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => text.split(' ').filter((word) => word !== ''))
}
