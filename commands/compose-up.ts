import { composeUp } from './compose/up.ts'
import { greeting } from './deploy/greeting.ts'
import { runCommand } from './run-command.ts'

const USAGE = `npm run compose:up

Starts docker-compose.localstack.yml (LocalStack, Redpanda, Consul, PostgreSQL and a replica), deploys the
compose stage to it as \`npm run deploy\` does, starts the poller that stands in for Kafka triggers and the
proxy that services call each other through (http://127.0.0.1:4010), and prints the API's address and,
the first time, a key. Safe to repeat: after a change it deploys what changed. Needs Docker with Compose.

  SOURCE_SECRETS_KEY  seals the secrets of sources; without it one is kept in DATA_DIR (.omninode)`

await runCommand(USAGE, {}, async () => {
  const started = performance.now()
  const deployment = await composeUp(process.env, (line) => console.log(line))
  console.log(greeting(deployment, performance.now() - started))
  return 0
})
