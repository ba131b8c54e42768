import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const tool = join(import.meta.dirname, '../../../shared/parts/kafka/kafka')

/** A Kafka cluster of its own, whose brokers a test may freeze and kill. */
export type KafkaClusterUnderTest = Readonly<{
  url: string
  /** `pause`, `resume`, `kill` and `revive` take a broker's number, from 1. */
  broker(command: 'pause' | 'resume' | 'kill' | 'revive', number: number): Promise<void>
  stop(): Promise<void>
}>

/** Whether this machine can start one. */
export const canStartKafka = existsSync(tool)

export async function startKafka(options: {
  name: string
  port: number
  brokers: number
}): Promise<KafkaClusterUnderTest> {
  const { name, port, brokers } = options
  const command = (...args: string[]) => run(tool, [...args, '--name', name])
  const { stdout } = await command(
    ...['start', '--brokers', String(brokers), '--port', String(port), '--fresh'],
  )
  const addresses = /KAFKA_BROKERS=(\S+)/.exec(stdout)?.[1]?.replaceAll(/['"]/g, '') ?? ''
  return {
    url: `kafka://${addresses}`,
    async broker(verb, number) {
      await command(verb, String(number))
    },
    async stop() {
      await command('stop', '--purge')
    },
  }
}
