import { readPollerSettings } from './poller/settings.ts'

const HELP = `npm run poller [-- options]

Stands in for Lambda's Kafka event source mappings where there are none (LocalStack, MiniStack): reads
the topics that the synthesised compose stage maps to functions, invokes the functions through the AWS
API, honours batchItemFailures, and commits what is done. Any number may run: they share the partitions.
Queues and schedules are left to the emulator, which has them. ctrl-c waits for the batches in flight.

  --assembly FOLDER   the synthesised stage (npm run synth makes it)        (cdk.out/compose)
  --function NAME     only the mappings of this function; may be repeated   (all)
  --port PORT         of /livez, /readyz and /lag; 0 for a free one, none   (4080)
  --host HOST         the address of these                                  (127.0.0.1)
  --lag-every S       seconds between two lines about lag, 0 for none       (30)
  --help              this text

  EVENT_LOG_URL or KAFKA_BROKERS   the Kafka: kafka://host:port,... or host:port,...
  AWS_ENDPOINT_URL                 the Lambda to invoke, http://127.0.0.1:4566 for LocalStack
  AWS_REGION and credentials       as for every AWS tool; an emulator takes any`

if (process.argv.includes('--help')) {
  console.log(HELP)
  process.exit(0)
}
try {
  const settings = readPollerSettings(process.argv.slice(2), process.env)
  const { runPoller } = await import('./poller/run.ts')
  await runPoller(settings)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
