import { Failure } from '#shared/errors.ts'
import type { StageName } from '#stacks/stage.ts'

/** What a stage is deployed to. */
export type Target =
  | Readonly<{ kind: 'emulator'; name: EmulatorName; endpoint: string }>
  | Readonly<{ kind: 'aws' }>

export type EmulatorName = 'LocalStack' | 'MiniStack'

type Environment = Readonly<Record<string, string | undefined>>

/** Paths that answer on one emulator alone; MiniStack answers LocalStack's too, so it comes first. */
const HEALTH: readonly (readonly [EmulatorName, string])[] = [
  ['MiniStack', '/_ministack/health'],
  ['LocalStack', '/_localstack/health'],
]
const HEALTH_TIMEOUT_MS = 30_000

/** Account and region of emulators, unless the environment says otherwise. */
const EMULATED_ACCOUNT = '000000000000'
const EMULATED_REGION = 'us-east-1'

/**
 * Stage `aws` goes to the account of the credentials, every other to the emulator that
 * AWS_ENDPOINT_URL names.
 *
 * @throws `InvalidInput` when the stage and the environment do not fit, `Unavailable` when nothing
 *   answers there
 */
export async function findTarget(stage: StageName, environment: Environment): Promise<Target> {
  const { AWS_ENDPOINT_URL: given } = environment
  if (stage === 'aws') {
    if (!given) return { kind: 'aws' }
    throw new Failure('InvalidInput', `stage aws goes to AWS: unset AWS_ENDPOINT_URL (${given})`)
  }
  if (!given) {
    throw new Failure(
      'InvalidInput',
      `stage ${stage} goes to an emulator: set AWS_ENDPOINT_URL to LocalStack's or MiniStack's address`,
    )
  }
  const endpoint = reachable(given)
  for (const [name, path] of HEALTH) {
    const answer = await fetch(endpoint + path, {
      signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS),
    }).catch((error: Error) => {
      throw new Failure('Unavailable', `nothing answers at AWS_ENDPOINT_URL (${given})`, {
        cause: error,
      })
    })
    await answer.body?.cancel()
    if (answer.ok) return { kind: 'emulator', name, endpoint }
  }
  throw new Failure('InvalidInput', `what answers at ${given} is neither LocalStack nor MiniStack`)
}

/** By number, the SDK puts a bucket's name into the path; `bucket.localhost` resolves nowhere. */
function reachable(endpoint: string): string {
  return endpoint.replace(/\/+$/, '').replace(/^(https?:\/\/)localhost\b/, '$1127.0.0.1')
}

/** The environment in which `cdk` deploys to a target. */
export function cdkEnvironment(target: Target, environment: Environment): Environment {
  const quiet = { CDK_DISABLE_CLI_TELEMETRY: 'true', CDK_DISABLE_LEGACY_EXPORT_WARNING: '1' }
  if (target.kind === 'aws') return { ...environment, ...quiet }
  const region = environment.AWS_REGION || EMULATED_REGION
  // A profile or a session is of an account that is really there.
  const { AWS_PROFILE: _profile, AWS_SESSION_TOKEN: _session, ...rest } = environment
  return {
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    ...rest,
    ...quiet,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL: target.endpoint,
    AWS_ENDPOINT_URL_S3: target.endpoint,
  }
}

/** What an SDK client of a target is made with; in AWS, what the environment gives. */
export function clientSettings(target: Target, environment: Environment) {
  if (target.kind === 'aws') return {}
  return {
    endpoint: target.endpoint,
    region: environment.AWS_REGION || EMULATED_REGION,
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID || 'test',
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY || 'test',
    },
  }
}

/** `aws://account/region` of an emulator, for `cdk bootstrap`. */
export function emulatedEnvironment(environment: Environment): string {
  const account = environment.CDK_DEFAULT_ACCOUNT || EMULATED_ACCOUNT
  return `aws://${account}/${environment.AWS_REGION || EMULATED_REGION}`
}

/** `https://<api>.execute-api.<domain>/<stage>/`, which resolves in AWS alone. */
const INVOKE_URL = /^https:\/\/([^./]+)\.execute-api\.[^/]+\/([^/]+)\/?$/

/**
 * Where an API answers, without a slash at its end.
 *
 * @param invokeUrl as the stack's output has it
 */
export function apiAddress(target: Target, invokeUrl: string): string {
  const address = invokeUrl.replace(/\/+$/, '')
  if (target.kind === 'aws') return address
  const [, api, stage] = INVOKE_URL.exec(invokeUrl) ?? []
  if (!api || !stage) throw new Failure('InvalidInput', `${invokeUrl} is no address of an API`)
  return target.name === 'LocalStack'
    ? `${target.endpoint}/_aws/execute-api/${api}/${stage}`
    : `${target.endpoint}/restapis/${api}/${stage}/_user_request_`
}
