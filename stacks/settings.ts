import * as z from 'zod'
import { Failure } from '#shared/errors.ts'

/** `-c` gives text alone; cdk.json may hold numbers. */
const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most)
const list = z.string().transform((text) => text.split(',').map((one) => one.trim()))
const addresses = list.pipe(z.array(z.string().regex(/^[a-z0-9.-]+:\d{1,5}$/i, 'not host:port')))
/** With the six characters that Secrets Manager appends, without which a policy matches nothing. */
const secretArn = z
  .string()
  .regex(/^arn:[a-z-]+:secretsmanager:.+:secret:.+-[A-Za-z0-9]{6}$/, "not a secret's whole ARN")
const cidr = z.string().regex(/^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/, 'not a CIDR block')
/** Private addresses (RFC 1918), enough for the largest subnets: three of 4,096 addresses. */
const privateCidr = cidr.regex(
  /^(10\.|172\.(1[6-9]|2\d|3[01])\.|192\.168\.).*\/1[678]$/,
  'not private addresses, /16 to /18',
)
/** Half units, as Aurora takes them. */
const acu = (least: number) => z.coerce.number().min(least).max(256).multipleOf(0.5)

const schema = z
  .object({
    // network
    zones: whole(2, 3).optional(),
    zoneNames: list.optional(),
    vpcCidr: privateCidr.default('10.80.0.0/16'),
    nat: z.enum(['none', 'one', 'each-zone']).default('none'),
    flowLogs: z.enum(['rejected', 'all']).default('rejected'),
    s3PrefixList: z.string().startsWith('pl-').optional(),
    // event log
    broker: z.enum(['serverless', 'express', 'own']).default('serverless'),
    expressInstance: z.string().startsWith('express.').default('express.m7g.large'),
    expressBrokers: whole(3, 30).default(3),
    expressScram: z.enum(['off', 'on']).default('off'),
    brokers: addresses.optional(),
    brokersSecret: secretArn.optional(),
    brokersMechanism: z.enum(['scram-sha-512', 'scram-sha-256', 'plain']).default('scram-sha-512'),
    brokersCa: secretArn.optional(),
    brokersCidr: cidr.optional(),
    pollers: z.enum(['provisioned', 'on-demand']).default('provisioned'),
    // database
    databaseMinAcu: acu(0).default(0.5),
    databaseMaxAcu: acu(1).default(8),
    databaseReaders: whole(0, 15).default(1),
    databaseReaderScaling: z.enum(['with-writer', 'independent']).default('with-writer'),
    databaseBackupDays: whole(1, 35).default(7),
    databaseInsights: z.enum(['standard', 'advanced']).default('standard'),
    // discovery
    consul: z.enum(['none', 'address', 'fargate']).default('none'),
    consulAddress: z
      .string()
      .regex(/^https:\/\/[^/:]+:\d{1,5}$/, 'not https://host:port')
      .optional(),
    consulToken: secretArn.optional(),
    consulCa: secretArn.optional(),
    consulCidr: cidr.optional(),
    consulTls: secretArn.optional(),
    consulImage: z.string().min(1).default('public.ecr.aws/hashicorp/consul:1.16.6'),
    upstreamNetworks: z
      .string()
      .regex(/^([0-9a-f.:]+\/\d{1,3}(,[0-9a-f.:]+\/\d{1,3})*)?$/i, 'no CIDR blocks by commas')
      .default(''),
    proxy: z.enum(['lambda', 'listening']).default('lambda'),
    // all of them
    removal: z.enum(['keep', 'delete']).default('keep'),
    logDays: z.coerce
      .number()
      .pipe(z.literal([1, 3, 7, 14, 30, 60, 90, 180, 365]))
      .default(30),
    tracing: z.enum(['xray', 'otel', 'off']).default('xray'),
    otelLayer: z
      .string()
      .regex(/^arn:[a-z-]+:lambda:.+:layer:.+:\d+$/, 'not the ARN of a layer version')
      .optional(),
  })
  .superRefine((given, context) => {
    for (const [wrong, message] of contradictions(given)) {
      if (wrong) context.addIssue({ code: 'custom', message })
    }
  })

/** What differs from one account to the next: docs/reference/context.md says what each means. */
export type Settings = z.output<typeof schema>

/** The names of all settings. */
export const settingNames: readonly string[] = Object.keys(schema.shape)

/**
 * Reads the settings from the CDK app's context, `-c name=value` or cdk.json.
 *
 * @param others names that somebody else reads
 * @throws `InvalidInput` that names everything that is wrong, an unknown name included
 */
export function readSettings(
  context: Readonly<Record<string, unknown>>,
  others: readonly string[],
): Settings {
  const known = new Set([...settingNames, ...others])
  // CDK and AWS tools keep their own values here, under names with a colon or a slash.
  const unknown = Object.keys(context).filter(
    (name) => !known.has(name) && !/[:/]/.test(name) && name !== 'acknowledged-issue-numbers',
  )
  const own = Object.entries(context).filter(([name]) => settingNames.includes(name))
  const read = schema.safeParse(Object.fromEntries(own))
  const complaints = [
    ...unknown.map((name) => `${name}: there is no such setting`),
    ...(read.error?.issues ?? []).map(({ path, message }) => [...path, message].join(': ')),
  ]
  if (read.success && complaints.length === 0) return read.data
  throw new Failure('InvalidInput', `the CDK context is wrong:\n  ${complaints.join('\n  ')}`)
}

/** How many availability zones there are; Express brokers keep three replicas in three of them. */
export function zoneCount({ zones, zoneNames, broker }: Settings): number {
  return zoneNames?.length ?? zones ?? (broker === 'express' ? 3 : 2)
}

/** Whether an image lies in an account's own registry, which needs no way to the internet. */
export function isPrivateImage(image: string): boolean {
  return /^\d{12}\.dkr\.ecr\./.test(image)
}

/** Settings that do not go together, as [whether it is so, what to say]. */
function contradictions(given: Settings): readonly (readonly [boolean, string])[] {
  const zones = zoneCount(given)
  const own = given.broker === 'own'
  const { consul } = given
  return [
    [zones < 2 || zones > 3, 'zoneNames: two or three zones'],
    [
      given.zones !== undefined && given.zoneNames !== undefined,
      'zones and zoneNames: one or the other',
    ],
    [given.broker === 'express' && zones !== 3, 'broker=express needs three zones'],
    [given.expressBrokers % 3 !== 0, 'expressBrokers: as many in each of the three zones'],
    [
      given.expressScram === 'on' && given.broker !== 'express',
      'expressScram=on needs broker=express',
    ],
    [
      own && !(given.brokers && given.brokersSecret && given.brokersCidr),
      'broker=own needs brokers, brokersSecret and brokersCidr',
    ],
    [!own && Boolean(given.brokers), 'brokers needs broker=own'],
    [given.databaseMinAcu > given.databaseMaxAcu, 'databaseMinAcu is above databaseMaxAcu'],
    [
      consul === 'address' && !(given.consulAddress && given.consulToken && given.consulCidr),
      'consul=address needs consulAddress, consulToken and consulCidr',
    ],
    [consul !== 'address' && Boolean(given.consulAddress), 'consulAddress needs consul=address'],
    [
      consul === 'fargate' && !(given.consulTls && given.consulCa),
      'consul=fargate needs consulTls and consulCa',
    ],
    [
      consul === 'fargate' && given.nat === 'none' && !isPrivateImage(given.consulImage),
      "consul=fargate needs nat, or a consulImage in the account's own registry (ECR)",
    ],
    [given.tracing === 'otel' && !given.otelLayer, 'tracing=otel needs otelLayer'],
  ]
}
