import { Duration } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import { alarm } from '../alarm.ts'

/** ACM renews 60 days before the end; a certificate that gets so far was not renewed. */
const DAYS_LEFT = 30

/** Rings when nobody renewed the certificate of the API's own domain. ACM publishes twice a day. */
export function certificateAlarm(scope: Construct, certificateArn: string): void {
  alarm(scope, {
    name: 'certificate-expiry',
    impact: 'In some weeks no client can connect any more: the certificate of the domain ends.',
    metric: new Metric({
      namespace: 'AWS/CertificateManager',
      metricName: 'DaysToExpiry',
      dimensionsMap: { CertificateArn: certificateArn },
      statistic: 'Minimum',
      period: Duration.days(1),
    }),
    threshold: DAYS_LEFT,
    below: true,
    bad: 1,
    of: 1,
  })
}
