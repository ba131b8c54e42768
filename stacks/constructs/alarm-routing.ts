import { type IAspect, Stack } from 'aws-cdk-lib'
import { CfnAlarm, CfnCompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch'
import type { IConstruct } from 'constructs'
import { alarmTopicName } from './alarm-topic.ts'

/**
 * Sends every alarm of a stage, whoever made it, to the alarm topic, when it rings and when it is
 * over. The topic is named, not referred to: the stack that has it comes last, since it reads from
 * all others, and an alarm needs it only when it rings.
 */
export class AlarmRouting implements IAspect {
  visit(node: IConstruct): void {
    if (!(node instanceof CfnAlarm || node instanceof CfnCompositeAlarm)) return
    if (node.actionsEnabled === false) return
    const topic = Stack.of(node).formatArn({ service: 'sns', resource: alarmTopicName(node) })
    node.alarmActions = [topic]
    node.okActions = [topic]
  }
}
