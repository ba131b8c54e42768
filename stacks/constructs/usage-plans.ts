import { Period, type RestApi } from 'aws-cdk-lib/aws-apigateway'

/**
 * What a key of each tier may take. Keys of usage plans meter and throttle; who a caller is and what
 * it may do is decided by our own keys, in the functions, in every place.
 */
const tiers = [
  { name: 'trial', rate: 5, burst: 10, perDay: 10_000 },
  { name: 'standard', rate: 100, burst: 200, perDay: 2_000_000 },
  { name: 'bulk', rate: 500, burst: 1_000, perDay: 20_000_000 },
] as const

/** A usage plan per tier. Keys are made and put into plans by hand (docs/how-to/rotate-keys-and-secrets.md). */
export function usagePlans(restApi: RestApi): void {
  for (const { name, rate, burst, perDay } of tiers) {
    restApi.addUsagePlan(`Plan-${name}`, {
      name: `${restApi.restApiName}-${name}`,
      description: `${rate} requests/s, ${perDay} a day`,
      throttle: { rateLimit: rate, burstLimit: burst },
      quota: { limit: perDay, period: Period.DAY },
      apiStages: [{ stage: restApi.deploymentStage }],
    })
  }
}
