/** Words with digits in them that name things rather than tell them apart. */
const NAMES_WITH_DIGITS =
  /^(?:oauth2?|openapi3?|s3|ec2|k8s|i18n|l10n|a11y|2fa|p2p|b2b|b2c|web3|mp[34]|h26[45]|md5|sha\d{1,3}|base(?:16|32|58|64)|utf(?:8|16)|ipv[46])$/i
/** `v1`, `v2.1`, `2024-06-01` is a date and no version. */
const VERSION = /^v\d{1,3}(?:\.\d{1,3}){0,2}(?:alpha\d{0,2}|beta\d{0,2}|rc\d{0,2})?$/i
/** Letters in words, joined by what joins words in paths. */
const WORDS = /^[A-Za-z][A-Za-z._-]*$|^\.[A-Za-z][A-Za-z._-]*$/
const HEX = /^[0-9a-f]+$/i
const LONGEST_WORDS = 40
const LONGEST_JOINED = 24
const SHORTEST_HEX = 8
/** Shorter ones are too little to tell chance from a word. */
const SHORTEST_RANDOM = 12

/** Whether a path's segment tells one thing from others of its kind (an id), rather than naming the kind. */
export function isId(segment: string): boolean {
  if (VERSION.test(segment) || NAMES_WITH_DIGITS.test(segment)) return false
  if (!WORDS.test(segment) || segment.length > LONGEST_WORDS) return true
  if (segment.length >= SHORTEST_HEX && HEX.test(segment)) return true
  return segment.split(/[._-]/).some(isRandom)
}

/** Letters as chance strews them: no word is so long, changes case so often or has so few vowels. */
function isRandom(letters: string): boolean {
  if (letters.length < SHORTEST_RANDOM) return false
  const changes = letters.match(/[a-z](?=[A-Z])/g)?.length ?? 0
  const vowels = letters.match(/[aeiouy]/gi)?.length ?? 0
  if (vowels * 6 < letters.length || changes * 5 > letters.length) return true
  return changes === 0 && letters.length > LONGEST_JOINED
}
