import { RemovalPolicy, Stack } from 'aws-cdk-lib'
import type { RestApi } from 'aws-cdk-lib/aws-apigateway'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2'
import { Construct } from 'constructs'

type FirewallProps = Readonly<{
  restApi: RestApi
  /** Requests per address and five minutes. */
  rate: number
  /** Paths whose answers are streamed, as clients ask for them. */
  streamedPaths: readonly string[]
  /** How long is kept what it blocked. */
  logDays: RetentionDays
}>

/**
 * Bodies here are of any size and carry code, addresses and attacks that somebody reports; they are
 * kept as data and never run. Rules that look into bodies count instead of blocking, and so does the
 * one that asks machines for a user agent.
 */
const COUNTED = {
  common: [
    'SizeRestrictions_BODY',
    'CrossSiteScripting_BODY',
    'EC2MetaDataSSRF_BODY',
    'GenericRFI_BODY',
    // Any `../../`, which code is full of.
    'GenericLFI_BODY',
    'NoUserAgent_HEADER',
  ],
  knownBadInputs: ['JavaDeserializationRCE_BODY', 'Log4JRCE_BODY', 'ReactJSRCE_BODY'],
} as const

/**
 * A web ACL in front of the API: a limit per address, then AWS's managed rules. What is streamed is
 * left to the limit alone, since WAF does not look into streamed answers.
 */
export class Firewall extends Construct {
  constructor(scope: Construct, id: string, props: FirewallProps) {
    super(scope, id)
    const { restApi, rate, streamedPaths, logDays } = props
    const acl = new CfnWebACL(this, 'Acl', {
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: visible('firewall'),
      rules: [
        {
          name: 'rate-per-address',
          priority: 0,
          action: { block: {} },
          statement: { rateBasedStatement: { limit: rate, aggregateKeyType: 'IP' } },
          visibilityConfig: visible('rate-per-address'),
        },
        managed('AWSManagedRulesCommonRuleSet', 1, streamedPaths, COUNTED.common),
        managed('AWSManagedRulesKnownBadInputsRuleSet', 2, streamedPaths, COUNTED.knownBadInputs),
        managed('AWSManagedRulesAmazonIpReputationList', 3, streamedPaths),
      ],
    })
    new CfnWebACLAssociation(this, 'Association', {
      resourceArn: restApi.deploymentStage.stageArn,
      webAclArn: acl.attrArn,
    })
    this.#logBlocked(acl, logDays)
  }

  /** WAF takes only groups whose names begin so. What it lets through stands in the access log. */
  #logBlocked(acl: CfnWebACL, retention: RetentionDays): void {
    const group = new LogGroup(this, 'Log', {
      logGroupName: `aws-waf-logs-${Stack.of(this).stackName}`,
      retention,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    new CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: acl.attrArn,
      logDestinationConfigs: [group.logGroupArn],
      redactedFields: ['authorization', 'x-api-key'].map((name) => ({
        singleHeader: { Name: name },
      })),
      loggingFilter: {
        DefaultBehavior: 'DROP',
        Filters: [
          {
            Behavior: 'KEEP',
            Requirement: 'MEETS_ANY',
            Conditions: [{ ActionCondition: { Action: 'BLOCK' } }],
          },
        ],
      },
    })
  }
}

function managed(
  name: string,
  priority: number,
  streamedPaths: readonly string[],
  counted: readonly string[] = [],
): CfnWebACL.RuleProperty {
  return {
    name,
    priority,
    overrideAction: { none: {} },
    statement: {
      managedRuleGroupStatement: {
        vendorName: 'AWS',
        name,
        scopeDownStatement: { notStatement: { statement: anyPathOf(streamedPaths) } },
        ruleActionOverrides: counted.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
      },
    },
    visibilityConfig: visible(name),
  }
}

/** WAF's `or` takes two statements or more. */
function anyPathOf(paths: readonly string[]): CfnWebACL.StatementProperty {
  const [first, ...more] = paths.map((path) => ({
    byteMatchStatement: {
      fieldToMatch: { uriPath: {} },
      positionalConstraint: 'EXACTLY',
      searchString: path,
      textTransformations: [{ priority: 0, type: 'NORMALIZE_PATH' }],
    },
  }))
  if (!first) throw new Error('the firewall was told of no streamed path')
  return more.length === 0 ? first : { orStatement: { statements: [first, ...more] } }
}

function visible(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { cloudWatchMetricsEnabled: true, metricName, sampledRequestsEnabled: true }
}
