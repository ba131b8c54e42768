import { CfnBudget } from 'aws-cdk-lib/aws-budgets'
import type { Construct } from 'constructs'
import { alarmName } from './alarm.ts'

type CostBudgetProps = Readonly<{ monthlyUsd: number; topicArn: string }>

/**
 * Says when a month gets dearer than meant: at 80 % spent, and when it is going to end above 100 %.
 * It counts the account, not a tag: tags count only once someone activates them for billing, and until
 * then a budget that filters by one stays silent at zero.
 */
export function costBudget(scope: Construct, { monthlyUsd, topicArn }: CostBudgetProps): void {
  const told = (notificationType: string, threshold: number) => ({
    notification: {
      notificationType,
      threshold,
      thresholdType: 'PERCENTAGE',
      comparisonOperator: 'GREATER_THAN',
    },
    subscribers: [{ subscriptionType: 'SNS', address: topicArn }],
  })
  new CfnBudget(scope, 'Budget', {
    budget: {
      budgetName: alarmName(scope, 'monthly'),
      budgetType: 'COST',
      timeUnit: 'MONTHLY',
      budgetLimit: { amount: monthlyUsd, unit: 'USD' },
    },
    notificationsWithSubscribers: [told('ACTUAL', 80), told('FORECASTED', 100)],
  })
}
