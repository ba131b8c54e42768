import { type Deployment, deploy, sayKey } from '../deploy/deployment.ts'
import { dockerCompose } from './docker.ts'
import { LOCALSTACK, places } from './places.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Brings the compose file up, deploys the compose stage to it, and then starts the poller and the proxy.
 *
 * @throws `Failure` when docker is missing or a step fails
 */
export async function composeUp(
  environment: Environment,
  say: (line: string) => void,
): Promise<Deployment> {
  await dockerCompose(['up', '--detach', '--wait'])
  const deployment = await deploy({
    stage: 'compose',
    context: {},
    yes: true,
    environment: { ...environment, ...places(), AWS_ENDPOINT_URL: LOCALSTACK },
    say,
  })
  say('Starting the poller and the proxy ...')
  try {
    // Anew, so that they run what was just deployed.
    const recreated = ['up', '--detach', '--wait', '--force-recreate', 'poller', 'proxy']
    await dockerCompose(['--profile', 'poller', '--profile', 'proxy', ...recreated])
  } catch (error) {
    sayKey(deployment.firstKey, say)
    throw error
  }
  return deployment
}
