import { isStageName, stageNames } from '#stacks/stage.ts'
import { deploy, preview } from './deploy/deployment.ts'
import { greeting } from './deploy/greeting.ts'
import { runCommand, UsageError } from './run-command.ts'

const USAGE = `npm run deploy -- --stage aws|compose [-c key=value ...] [--yes] [--dry-run]

Deploys a stage: writes its CloudFormation, deploys the stacks that everything stands on, prepares
database, topics and keys there (function provisioner), deploys the rest, and prints the API's address
and, the first time, a key. Safe to repeat; what has not changed is left as it is.

  --stage aws       to the AWS account of your credentials and region
  --stage compose   to the emulator at AWS_ENDPOINT_URL (LocalStack 4.14, MiniStack), beside the Kafka
                    of KAFKA_BROKERS or EVENT_LOG_URL and the PostgreSQL of DATABASE_URL and
                    DATABASE_READER_URL, as functions reach them; bootstraps CDK where that is due. Services
                    are kept at DISCOVERY_URL (consul://host:port), else in the database; they may stand
                    in UPSTREAM_NETWORKS (CIDR blocks by commas), else at public addresses alone; those
                    of ZONE are preferred. Calls between them go by \`npm run proxy\`
  -c, --context k=v of the CDK app (docs/reference/context.md); may be given more than once
  --yes             do not ask before rights in AWS are widened
  --dry-run         say what would be deployed, and deploy nothing

SOURCE_SECRETS_KEY (stage compose) seals the secrets of sources; without it one is kept in DATA_DIR.`

const options = {
  stage: { type: 'string' },
  context: { type: 'string', short: 'c', multiple: true },
  yes: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
} as const

await runCommand(USAGE, options, async ({ values }) => {
  const { stage, yes = false, context = [] } = values
  if (!stage || !isStageName(stage) || stage === 'local') {
    const known = stageNames.filter((name) => name !== 'local').join(' or ')
    throw new UsageError(`--stage is ${known}`)
  }
  const order = {
    ...{ stage, yes },
    context: Object.fromEntries(context.map(readPair)),
    environment: process.env,
    say: (line: string) => console.log(line),
  }
  if (values['dry-run']) {
    await preview(order)
    return 0
  }
  const started = performance.now()
  const deployment = await deploy(order)
  console.log(greeting(deployment, performance.now() - started))
  return 0
})

function readPair(text: string): readonly [string, string] {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (key === undefined || value === undefined) {
    throw new UsageError(`--context takes key=value, not "${text}"`)
  }
  return [key, value]
}
