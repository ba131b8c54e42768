import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openDataFolder } from '#local/place/data-folder.ts'
import { Failure } from '#shared/errors.ts'
import type { StageName } from '#stacks/stage.ts'
import { readStacks, synthesise } from './assembly.ts'
import { cdk } from './cdk.ts'
import { chosenArguments, deployArguments, parameterArguments } from './cdk-arguments.ts'
import { cloudFormation, isBootstrapped, outputOf } from './cloud-formation.ts'
import { type DeployedStack, inOrder } from './order.ts'
import { provision } from './provision.ts'
import {
  apiAddress,
  cdkEnvironment,
  clientSettings,
  emulatedEnvironment,
  findTarget,
  type Target,
} from './target.ts'
import { parameterValues } from './values.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What to deploy. */
export type Order = Readonly<{
  stage: StageName
  /** `--context` of the CDK app. */
  context: Readonly<Record<string, string>>
  environment: Environment
  /** Deploys to AWS without asking before rights are widened. */
  yes: boolean
  say: (line: string) => void
}>

/** Where the API answers, and the first key, to be shown once, where one was made. */
export type Deployment = Readonly<{ address: string; firstKey: string | undefined }>

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Synthesises a stage and deploys it: the ground, then `provisioner` on it, then the rest. Safe to
 * repeat: what is as it should be stays untouched.
 *
 * @throws `Failure` that says what to do about it; a first key that was made is said before
 */
export async function deploy(order: Order): Promise<Deployment> {
  const { say, environment } = order
  // Whatever can be wrong from the start is found before anything takes its time.
  const place = await findPlace(order)
  const { target, cloud, settings, isReady } = place
  if (!isReady && target.kind === 'aws') throw notBootstrapped()
  const values = target.kind === 'emulator' ? emulatorValues(environment) : {}
  const { ground, rest, folder } = await prepare(order)
  if (!isReady) await bootstrap(order, target)

  const up = (stacks: readonly DeployedStack[]) => {
    say(`Deploying ${names(stacks)} ...`)
    const args = [...deployArguments(target, order), ...parameterArguments(stacks, values)]
    return runCdk(order, target, ['deploy', ...chosenArguments(stacks, folder), ...args])
  }
  await up(ground)
  say('Preparing database, topics and keys ...')
  const { done, firstKey } = await provision(settings)
  for (const { name, direction } of done.migrations) say(`  ${direction} ${name}`)
  for (const { topic, change } of done.topics) say(`  ${change} ${topic}`)
  try {
    await up(rest)
    const url = await outputOf(cloud, `omninode-${order.stage}-front-door`, 'Address')
    return { address: apiAddress(target, url), firstKey }
  } catch (error) {
    sayKey(firstKey, say)
    throw error
  }
}

/** Says what `deploy` would do, and does nothing. */
export async function preview(order: Order): Promise<void> {
  const { say } = order
  const { target, isReady } = await findPlace(order)
  const { ground, rest, folder } = await prepare(order)
  const where = target.kind === 'aws' ? 'AWS' : `${target.name} at ${target.endpoint}`
  if (!isReady) say(`${where} is not bootstrapped for CDK yet: nothing is deployed there.`)
  say(`Would deploy to ${where}: ${names(ground)}; then invoke provisioner; then ${names(rest)}.`)
  const all = chosenArguments([...ground, ...rest], folder)
  await runCdk(order, target, ['diff', ...all, '--method', 'template'], 'shown')
}

/** For when a later step fails: the key exists from now on, and nobody could ask for it again. */
export function sayKey(firstKey: string | undefined, say: (line: string) => void): void {
  if (firstKey) say(`The first key, shown this once: ${firstKey}`)
}

async function findPlace({ stage, environment }: Order) {
  const target = await findTarget(stage, environment)
  const settings = clientSettings(target, environment)
  const cloud = cloudFormation(settings)
  return { target, settings, cloud, isReady: await isBootstrapped(cloud) }
}

async function prepare({ stage, context, environment, say }: Order) {
  const started = performance.now()
  say(`Synthesising stage ${stage} ...`)
  const outputRoot = environment.SYNTH_FOLDER || join(root, 'cdk.out')
  const folder = await synthesise(root, { stage, context, outputRoot })
  say(`  written in ${((performance.now() - started) / 1_000).toFixed(1)} s`)
  return { ...inOrder(readStacks(folder)), folder }
}

function runCdk(
  { environment, say }: Order,
  target: Target,
  args: readonly string[],
  output?: 'shown',
): Promise<void> {
  const isShown = output === 'shown' || target.kind === 'aws'
  return cdk(args, {
    environment: cdkEnvironment(target, environment),
    ...(isShown ? {} : { say }),
  })
}

/** A key that seals secrets in a database has to outlive emulators, which keep nothing. */
function emulatorValues(environment: Environment): Readonly<Record<string, string>> {
  const folder = environment.DATA_DIR || join(root, '.omninode')
  return parameterValues(environment, () => openDataFolder(folder).sourceSecretsKey())
}

function notBootstrapped(): Failure {
  return new Failure(
    'NotFound',
    'this account and region are not ready for CDK: run once `npx cdk bootstrap aws://<account>/<region>`, which makes a bucket for code and the roles that deploy',
  )
}

async function bootstrap(order: Order, target: Target): Promise<void> {
  order.say(`Bootstrapping ${target.kind === 'emulator' ? target.name : 'AWS'} ...`)
  await runCdk(order, target, ['bootstrap', emulatedEnvironment(order.environment)])
}

function names(stacks: readonly DeployedStack[]): string {
  return stacks.map(({ id }) => id).join(', ')
}
