import { Duration } from 'aws-cdk-lib'
import { Dashboard, GraphWidget, type IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import { STAGE_NAME } from './access-log.ts'
import { alarmName } from './alarm.ts'
import { functionMetric, metricOf } from './metrics.ts'

/** A graph: its title, and the metrics it shows, all of one unit. */
export type Graph = Readonly<{ title: string; metrics: readonly IMetric[] }>

type OperationsDashboardProps = Readonly<{
  apiName: string
  /** Names of all functions. */
  functions: readonly string[]
  /** What the parts that this deployment has want shown. */
  parts: readonly Graph[]
}>

/** Graphs to a row, in the 24 columns of a dashboard. */
const PER_ROW = 3
const COLUMNS = 24

/** One page to look at first: what comes in, what fails, what is behind, how the parts fare. */
export function operationsDashboard(scope: Construct, props: OperationsDashboardProps): Dashboard {
  const graphs = [
    ...requestGraphs(props.apiName),
    ...functionGraphs(props.functions),
    ...props.parts,
  ].map(
    ({ title, metrics }) =>
      new GraphWidget({ title, left: [...metrics], width: COLUMNS / PER_ROW, height: 6 }),
  )
  const rows = Array.from({ length: Math.ceil(graphs.length / PER_ROW) }, (_, row) =>
    graphs.slice(row * PER_ROW, (row + 1) * PER_ROW),
  )
  return new Dashboard(scope, 'Dashboard', {
    dashboardName: alarmName(scope, 'operations'),
    defaultInterval: Duration.hours(3),
    widgets: rows,
  })
}

function requestGraphs(apiName: string): readonly Graph[] {
  const stage = { ApiName: apiName, Stage: STAGE_NAME }
  const intake = { ...stage, Method: 'POST', Resource: '/hooks' }
  const ofApi = (name: string, statistic: string, dimensions: Record<string, string> = stage) =>
    metricOf('AWS/ApiGateway', name, dimensions, statistic)
  return [
    { title: 'requests', metrics: [ofApi('Count', 'Sum'), ofApi('Count', 'Sum', intake)] },
    {
      title: 'refused (4xx) and failed (5xx)',
      metrics: ['4XXError', '5XXError'].map((name) => ofApi(name, 'Sum')),
    },
    {
      title: 'POST /hooks, ms',
      metrics: [
        ofApi('Latency', 'p50', intake),
        ofApi('Latency', 'p99', intake),
        ofApi('IntegrationLatency', 'p99', intake),
      ],
    },
  ]
}

function functionGraphs(functions: readonly string[]): readonly Graph[] {
  const graph = (title: string, name: string, statistic: string): Graph => ({
    title,
    metrics: functions.map((each) => functionMetric(each, name, statistic).with({ label: each })),
  })
  return [
    graph('errors of functions', 'Errors', 'Sum'),
    graph('functions refused (throttles)', 'Throttles', 'Sum'),
    graph('duration p99, ms', 'Duration', 'p99'),
    graph('running at once', 'ConcurrentExecutions', 'Maximum'),
  ]
}
