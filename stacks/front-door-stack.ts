import { type App, CfnOutput } from 'aws-cdk-lib'
import type { RetentionDays } from 'aws-cdk-lib/aws-logs'
import { BridgeStack, type StageContext } from './bridge-stack.ts'
import { STAGE_NAME } from './constructs/access-log.ts'
import { Api, type Served } from './constructs/api.ts'
import { CustomDomain } from './constructs/custom-domain.ts'
import { serverErrorAlarm } from './constructs/error-alarm.ts'
import { Firewall } from './constructs/firewall.ts'
import { type FrontDoorSettings, frontDoorSettings } from './front-door-settings.ts'

/**
 * The REST API over the functions of all other stacks. It has a stack of its own because it knows
 * functions from several: in any one of theirs, that stack and the others would need each other.
 */
export class FrontDoorStack extends BridgeStack {
  constructor(app: App, context: StageContext, served: readonly Served[]) {
    super(app, 'front-door', context, 'the REST API')
    const settings = context.stage === 'aws' ? frontDoorSettings(this) : undefined
    const api = new Api(this, 'Api', served, {
      streams: context.stage !== 'compose',
      logDays: context.settings.logDays,
      ...(settings ? { settings } : {}),
    })
    serverErrorAlarm(api.restApi)
    if (settings) this.#guard(api, settings, served, context.settings.logDays)
    const { domain } = settings ?? {}
    new CfnOutput(this, 'Address', {
      value: domain ? `https://${domain.name}/` : api.restApi.url,
      description: 'Where the API answers',
    })
  }

  #guard(
    { restApi }: Api,
    settings: FrontDoorSettings,
    served: readonly Served[],
    logDays: RetentionDays,
  ): void {
    const { firewallRate: rate, domain } = settings
    if (rate !== undefined) {
      const streamedPaths = served
        .flatMap(({ routes }) => routes)
        .filter(({ streaming }) => streaming)
        // Behind a domain of its own the path has no stage in front.
        .flatMap(({ path }) => [path, `/${STAGE_NAME}${path}`])
      new Firewall(this, 'Firewall', { restApi, rate, streamedPaths, logDays })
    }
    if (!domain) return
    const { target } = new CustomDomain(this, 'Domain', { restApi, domain })
    new CfnOutput(this, 'DomainTarget', {
      value: target,
      description: `What an alias or CNAME record of ${domain.name} points to`,
    })
  }
}
