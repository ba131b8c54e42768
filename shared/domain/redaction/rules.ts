/**
 * The built-in rules, all of them data. Names are written the way they are compared: lower case,
 * without `-`, `_`, `.` and spaces. `docs/reference/redaction.md` says what they mean together.
 */

const words = (list: string): readonly string[] => list.trim().split(/\s+/)

/** A field with one of these names holds a secret. */
export const secretNames: readonly string[] = words(`
  apikeys backupcodes bearer cardnumber connectsid cookies credentials csrf cvc cvc2 cvv cvv2
  deploykey encryptionkey hmackey jsessionid jwt masterkey mnemonic otp passwd passwords phpsessid
  recoverycodes secrets seedphrase sessionkey setcookie sharedkey signingkey sshkey ssn xsrf
  authpass dbpass ftppass mailpass mysqlpass pgpass postgrespass redispass rootpass smtppass sshpass
  userpass authpwd dbpwd mailpwd mysqlpwd pgpwd rootpwd smtppwd sshpwd userpwd`)

/** So does one whose name ends like this: `db_password`, `X-Api-Key`, `githubToken`. */
export const secretEndings: readonly string[] = words(`
  accesskey accountkey apikey authorization clientsecret cookie credential credentials passphrase
  passwd password privatekey secret secretkey sharedaccesssignature token`)

/** Names that end like a secret's and hold none: places in a list, words of a vocabulary. */
export const openNames: readonly string[] = words(`
  bostoken continuationtoken eostoken masktoken nextpagetoken nexttoken padtoken pagetoken
  septoken startingtoken stoptoken unktoken`)

/** Names that hold a secret as a field of JSON but are ordinary words in text (`PASS: 12 tests`). */
export const fieldOnlyNames: readonly string[] = ['pass']

/** Names that hold a secret as a parameter of a URL only: `?sig=`. */
export const queryOnlyNames: readonly string[] = words(`
  key sig signature xamzsignature xgoogsignature`)

/** Headers whose value reaches to the end of the line, spaces included. */
export const lineNames: readonly string[] = [
  'authorization',
  'cookie',
  'proxyauthorization',
  'setcookie',
]

/** Words that stand before the secret proper: `token: Bearer <secret>`. */
export const schemeWords: readonly string[] = ['basic', 'bearer', 'digest', 'negotiate', 'token']

/** What may follow `Bearer` in a sentence about it, or in a challenge: `Bearer realm="x"`. */
export const proseAfterBearer: readonly string[] = words(`
  authentication authorization credential credentials error= header headers realm=
  resource_metadata= scheme schemes scope= string tokens undefined`)

/** Values that say nothing though their name is a secret's. */
export const emptyWords: readonly string[] = words(`
  any async await bool boolean false function new nil none null number optional readonly required
  str string true undefined`)

/** Starts of a value that says where the secret is, not what it is. */
export const references: readonly string[] = [
  'process.env.',
  'import.meta.env.',
  'os.environ',
  'os.getenv',
  'System.getenv',
  'secrets.',
  '$(',
  '${{',
  '{{',
]

/** Values of `type` in a JSON Schema: `{ "password": { "type": "string" } }` declares, holds nothing. */
export const schemaTypes: readonly string[] = words(`
  array boolean integer null number object string`)

/** Words of a JSON Schema whose values are kept in such a declaration. */
export const schemaWords: readonly string[] = [
  '$ref',
  'deprecated',
  'description',
  'format',
  'maxLength',
  'minLength',
  'pattern',
  'readOnly',
  'required',
  'title',
  'type',
  'writeOnly',
]

/** A token known by how it starts. Its body is the longest run of the alphabet's characters. */
export type TokenRule = Readonly<{
  kind: string
  prefixes: readonly string[]
  alphabet: keyof typeof alphabets
  /** Characters the body has at least. */
  atLeast: number
  /** The prefix must not continue a word: `task-` is no `sk-`. */
  startsWord?: boolean
  /** The body must have a digit or an upper-case letter, or it is `sk-some-css-class`. */
  mixed?: boolean
  /** The body must have this in it. */
  includes?: string
}>

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const DIGITS = '0123456789'

/** The characters a token's body is made of. */
export const alphabets = {
  alnum: LETTERS + DIGITS,
  word: `${LETTERS}${DIGITS}_`,
  base64url: `${LETTERS}${DIGITS}_-`,
  dotted: `${LETTERS}${DIGITS}_-.`,
  /** `b64token` of RFC 6750 section 2.1. */
  b64token: `${LETTERS}${DIGITS}_-.~+/=`,
  upper: `ABCDEFGHIJKLMNOPQRSTUVWXYZ${DIGITS}`,
  hex: `${DIGITS}abcdef`,
} as const

export const tokenRules: readonly TokenRule[] = [
  { kind: 'aws-key', prefixes: ['AKIA', 'ASIA'], alphabet: 'upper', atLeast: 16 },
  {
    kind: 'github-token',
    prefixes: ['ghp_', 'gho_', 'ghs_', 'ghu_', 'ghr_'],
    alphabet: 'alnum',
    atLeast: 20,
  },
  { kind: 'github-token', prefixes: ['github_pat_'], alphabet: 'word', atLeast: 20 },
  {
    kind: 'gitlab-token',
    prefixes: ['glpat-', 'gldt-', 'glrt-', 'glptt-', 'glsoat-'],
    alphabet: 'dotted',
    atLeast: 16,
  },
  {
    kind: 'slack-token',
    prefixes: words('xoxa- xoxb- xoxc- xoxd- xoxe- xoxo- xoxp- xoxr- xoxs- xapp-'),
    alphabet: 'base64url',
    atLeast: 10,
  },
  {
    kind: 'slack-token',
    prefixes: ['hooks.slack.com/services/'],
    alphabet: 'b64token',
    atLeast: 10,
  },
  {
    kind: 'discord-token',
    prefixes: ['discord.com/api/webhooks/'],
    alphabet: 'b64token',
    atLeast: 10,
  },
  {
    kind: 'stripe-key',
    prefixes: ['sk_live_', 'rk_live_', 'sk_test_', 'rk_test_'],
    alphabet: 'alnum',
    atLeast: 10,
  },
  { kind: 'webhook-secret', prefixes: ['whsec_', 'whsk_'], alphabet: 'b64token', atLeast: 16 },
  {
    kind: 'api-key',
    prefixes: ['sk-ant-', 'sk-proj-', 'sk-svcacct-', 'sk-or-v1-'],
    alphabet: 'base64url',
    atLeast: 16,
    mixed: true,
  },
  {
    kind: 'api-key',
    prefixes: ['sk-', 'xai-', 'pplx-'],
    alphabet: 'base64url',
    atLeast: 20,
    startsWord: true,
    mixed: true,
  },
  { kind: 'api-key', prefixes: ['hf_', 'gsk_', 'r8_', 'sbp_'], alphabet: 'alnum', atLeast: 30 },
  { kind: 'google-key', prefixes: ['AIza'], alphabet: 'base64url', atLeast: 30 },
  { kind: 'google-key', prefixes: ['ya29.', 'GOCSPX-'], alphabet: 'base64url', atLeast: 20 },
  { kind: 'npm-token', prefixes: ['npm_'], alphabet: 'alnum', atLeast: 30 },
  { kind: 'pypi-token', prefixes: ['pypi-'], alphabet: 'base64url', atLeast: 32, mixed: true },
  { kind: 'sendgrid-key', prefixes: ['SG.'], alphabet: 'dotted', atLeast: 32, includes: '.' },
  { kind: 'twilio-key', prefixes: ['SK'], alphabet: 'hex', atLeast: 32, startsWord: true },
  { kind: 'vault-token', prefixes: ['hvs.', 'hvb.'], alphabet: 'base64url', atLeast: 20 },
  { kind: 'digitalocean-token', prefixes: ['dop_v1_', 'doo_v1_'], alphabet: 'hex', atLeast: 40 },
  {
    kind: 'shopify-token',
    prefixes: ['shpat_', 'shpca_', 'shpss_'],
    alphabet: 'alnum',
    atLeast: 32,
  },
  { kind: 'grafana-token', prefixes: ['glsa_'], alphabet: 'word', atLeast: 32 },
  { kind: 'private-key', prefixes: ['AGE-SECRET-KEY-1'], alphabet: 'upper', atLeast: 40 },
  {
    // Base64 of a PEM private key's first line, as in a kubeconfig: "-----BEGIN RSA PRIVATE" ...
    kind: 'private-key',
    prefixes: [
      'LS0tLS1CRUdJTiBSU0EgUFJJVkFUR',
      'LS0tLS1CRUdJTiBQUklWQVRF',
      'LS0tLS1CRUdJTiBFQyBQUklWQVRF',
      'LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUg',
      'LS0tLS1CRUdJTiBFTkNSWVBURUQgUFJJVkFURS',
    ],
    alphabet: 'b64token',
    atLeast: 16,
  },
]

/** Issuer ranges of payment cards (ISO/IEC 7812) by leading digits, with the lengths they issue. */
export type CardRange = Readonly<{ from: number; to: number; lengths: readonly number[] }>

/** `from` and `to` are the first four digits. */
export const cardRanges: readonly CardRange[] = [
  { from: 4000, to: 4999, lengths: [13, 16, 19] }, // Visa
  { from: 5100, to: 5599, lengths: [16] }, // Mastercard
  { from: 2221, to: 2720, lengths: [16] }, // Mastercard
  { from: 3400, to: 3499, lengths: [15] }, // American Express
  { from: 3700, to: 3799, lengths: [15] }, // American Express
  { from: 6011, to: 6011, lengths: [16, 19] }, // Discover
  { from: 6440, to: 6599, lengths: [16, 19] }, // Discover
  { from: 3000, to: 3059, lengths: [14] }, // Diners Club
  { from: 3600, to: 3699, lengths: [14] }, // Diners Club
  { from: 3800, to: 3999, lengths: [14] }, // Diners Club
  { from: 3528, to: 3589, lengths: [16] }, // JCB
  { from: 6200, to: 6299, lengths: [16, 17, 18, 19] }, // UnionPay
]

/** How a card's digits are grouped by spaces or dashes, longest first. */
export const cardGroups: readonly (readonly number[])[] = [
  [4, 4, 4, 4, 3],
  [4, 4, 4, 4],
  [4, 6, 5],
  [4, 6, 4],
]
