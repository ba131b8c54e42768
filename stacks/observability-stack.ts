import { type App, Aspects } from 'aws-cdk-lib'
import { BridgeStack, type StageContext } from './bridge-stack.ts'
import { AlarmRouting } from './constructs/alarm-routing.ts'
import { AlarmTopic } from './constructs/alarm-topic.ts'
import { certificateAlarm } from './constructs/alarms/certificate.ts'
import type { WatchedConsumer } from './constructs/alarms/consumers.ts'
import { requestAlarms } from './constructs/alarms/requests.ts'
import { silentScheduleAlarm } from './constructs/alarms/schedule.ts'
import { costBudget } from './constructs/cost-budget.ts'
import { operationsDashboard } from './constructs/operations-dashboard.ts'
import { ServiceFunction } from './constructs/service-function.ts'
import { WatchedParts } from './constructs/watched-parts.ts'
import { frontDoorSettings } from './front-door-settings.ts'
import { observabilitySettings } from './observability-settings.ts'

type ObservabilityStackProps = Readonly<{
  /** The REST API's name. */
  apiName: string
  /** Names of the functions behind it. */
  served: readonly string[]
  /** Those that read the log. */
  consumers: readonly WatchedConsumer[]
}>

/** What happens when the clock stops calling a function. */
const SILENT = {
  housekeeping:
    'Sessions stay open and old data stays; in three days there is no room for new events.',
  'service-watcher':
    'Calls go by what was known of services last; after ten minutes each asks the directory.',
} as const

/**
 * Who is told when something breaks, and one page to look at; in stage aws alone. It comes last and
 * knows parts by their names, so nothing waits for it and it holds nothing up.
 */
export class ObservabilityStack extends BridgeStack {
  constructor(app: App, context: StageContext, props: ObservabilityStackProps) {
    super(app, 'observability', context, 'alarms, dashboard and budget')
    const { apiName, served, consumers } = props
    const { alarmEmail, monthlyBudget } = observabilitySettings(this)
    const { topicArn } = new AlarmTopic(this, 'Alarms', alarmEmail ? { email: alarmEmail } : {})
    Aspects.of(app).add(new AlarmRouting())

    requestAlarms(this, apiName, served)
    for (const [name, impact] of Object.entries(SILENT)) silentScheduleAlarm(this, name, impact)
    const { domain } = frontDoorSettings(this)
    if (domain) certificateAlarm(this, domain.certificateArn)
    const { graphs } = new WatchedParts(this, 'Parts', { settings: context.settings, consumers })
    const functions = app.node
      .findAll()
      .flatMap((each) => (each instanceof ServiceFunction ? [each.name] : []))
    operationsDashboard(this, { apiName, functions, parts: graphs })
    if (monthlyBudget) costBudget(this, { monthlyUsd: monthlyBudget, topicArn })
  }
}
