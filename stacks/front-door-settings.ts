import type { Construct } from 'constructs'
import * as z from 'zod'
import { Failure } from '#shared/errors.ts'

/** A name of one's own in front of the API, and who may speak to it. */
export type Domain = Readonly<{
  name: string
  /** ACM certificate in the API's region. */
  certificateArn: string
  /** Certificate authorities whose clients are let in; without, every client is. */
  truststore?: Readonly<{ bucket: string; key: string; version?: string }>
  /** Route 53 zone that gets an alias record; without, the record is made by hand. */
  zone?: Readonly<{ id: string; name: string }>
}>

/** What may differ from one account's front door to the next. */
export type FrontDoorSettings = Readonly<{
  /** Whether calls must name an API key of a usage plan; ours are checked whatever this says. */
  apiKeyRequired: boolean
  /** Requests per address and five minutes; undefined: no firewall. */
  firewallRate?: number
  domain?: Domain
  /** Whether this stack sets the role by which API Gateway writes logs in this account and region. */
  ownsLogRole: boolean
}>

/** 2,000 in five minutes are 7 per second from one address: a sender of hooks batches beyond that. */
const FIREWALL_RATE = 2_000

const text = z.string().min(1)

const schema = z
  .object({
    apiKeys: z.enum(['optional', 'required']).default('optional'),
    waf: z.enum(['on', 'off']).default('off'),
    wafRate: z.coerce.number().int().min(10).max(2_000_000_000).default(FIREWALL_RATE),
    domainName: text.optional(),
    certificateArn: text.startsWith('arn:').optional(),
    truststore: z
      .string()
      .regex(/^s3:\/\/[^/]+\/.+$/, 's3://<bucket>/<key>')
      .optional(),
    truststoreVersion: text.optional(),
    hostedZoneId: text.optional(),
    hostedZoneName: text.optional(),
    apiGatewayLogRole: z.enum(['own', 'existing']).default('own'),
  })
  .refine(({ domainName, certificateArn }) => !domainName === !certificateArn, {
    message: 'domainName and certificateArn go together',
  })
  .refine(
    ({ domainName, truststore, hostedZoneId }) => domainName || !(truststore || hostedZoneId),
    {
      message: 'truststore and hostedZoneId need a domainName',
    },
  )
  .refine(({ hostedZoneId, hostedZoneName }) => !hostedZoneId === !hostedZoneName, {
    message: 'hostedZoneId and hostedZoneName go together',
  })

/** The names of all settings of the front door. */
export const frontDoorSettingNames: readonly string[] = Object.keys(schema.shape)

/**
 * Reads the settings from CDK context (`-c waf=on`).
 *
 * @throws `InvalidInput` that names every wrong setting
 */
export function frontDoorSettings(scope: Construct): FrontDoorSettings {
  const given = schema.safeParse(
    Object.fromEntries(
      frontDoorSettingNames.map((name) => [name, scope.node.tryGetContext(name) as unknown]),
    ),
  )
  if (!given.success) {
    throw new Failure(
      'InvalidInput',
      `the CDK context is wrong:
${z.prettifyError(given.error)}`,
    )
  }
  const { apiKeys, waf, wafRate, apiGatewayLogRole, ...rest } = given.data
  const domain = readDomain(rest)
  return {
    apiKeyRequired: apiKeys === 'required',
    ...(waf === 'on' ? { firewallRate: wafRate } : {}),
    ...(domain ? { domain } : {}),
    ownsLogRole: apiGatewayLogRole === 'own',
  }
}

type DomainContext = Pick<
  z.infer<typeof schema>,
  | 'domainName'
  | 'certificateArn'
  | 'truststore'
  | 'truststoreVersion'
  | 'hostedZoneId'
  | 'hostedZoneName'
>

function readDomain(given: DomainContext): Domain | undefined {
  const { domainName, certificateArn, truststore, truststoreVersion: version } = given
  if (!domainName || !certificateArn) return undefined
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(truststore ?? '') ?? []
  return {
    name: domainName,
    certificateArn,
    ...(bucket && key ? { truststore: { bucket, key, ...(version ? { version } : {}) } } : {}),
    ...(given.hostedZoneId && given.hostedZoneName
      ? { zone: { id: given.hostedZoneId, name: given.hostedZoneName } }
      : {}),
  }
}
