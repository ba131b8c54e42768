import type { App } from 'aws-cdk-lib'
import { BridgeStack, type StageContext } from './bridge-stack.ts'
import type { WatchedConsumer } from './constructs/alarms/consumers.ts'
import { EventRecorder } from './functions/event-recorder.ts'
import { PatternProcessor } from './functions/pattern-processor.ts'
import { TrafficLearner } from './functions/traffic-learner.ts'

/** What becomes of events: what is recorded and what is learned. */
export class ProcessingStack extends BridgeStack {
  /** The functions that read the log. */
  readonly consumers: readonly WatchedConsumer[]

  constructor(app: App, context: StageContext) {
    super(app, 'processing', context, 'what is recorded and what is learned')
    const props = { ...context, surroundings: this.surroundings }
    this.consumers = [
      new EventRecorder(this, 'EventRecorder', props),
      new PatternProcessor(this, 'PatternProcessor', props),
      new TrafficLearner(this, 'TrafficLearner', props),
    ].map(({ name, topics, logGroup }) => ({ name, topics, logGroup }))
  }
}
