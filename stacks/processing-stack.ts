import type { App } from 'aws-cdk-lib'
import { BridgeStack, type StageContext } from './bridge-stack.ts'
import type { WatchedConsumer } from './constructs/alarms/consumers.ts'
import { EventRecorder } from './functions/event-recorder.ts'
import { PatternProcessor } from './functions/pattern-processor.ts'

/** What becomes of events: what is recorded and what is learned. */
export class ProcessingStack extends BridgeStack {
  /** Names of the functions that read the log. */
  readonly consumers: readonly string[]
  /** The same, with where they write what they put aside. */
  readonly watched: readonly WatchedConsumer[]

  constructor(app: App, context: StageContext) {
    super(app, 'processing', context, 'what is recorded and what is learned')
    const props = { ...context, surroundings: this.surroundings }
    this.watched = [
      new EventRecorder(this, 'EventRecorder', props),
      new PatternProcessor(this, 'PatternProcessor', props),
    ].map(({ name, logGroup }) => ({ name, logGroup }))
    this.consumers = this.watched.map(({ name }) => name)
  }
}
