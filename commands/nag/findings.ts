import { type CfnResource, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks, type IApplyRule, NagRuleCompliance, ServerlessChecks } from 'cdk-nag'
import type { IConstruct } from 'constructs'

/** What a rule of cdk-nag found at a resource, and the reason why that is right here, if there is one. */
export type Finding = Readonly<{
  /** `AwsSolutions-IAM5[Resource::*]` */
  id: string
  path: string
  info: string
  reason: string | undefined
}>

type Report = (id: string, params: IApplyRule) => void

class RecordingAwsSolutions extends AwsSolutionsChecks {
  readonly #report: Report

  constructor(report: Report) {
    super()
    this.#report = report
  }

  protected override applyRule(params: IApplyRule): void {
    for (const id of idsOf(this.packName, params)) this.#report(id, params)
  }
}

class RecordingServerless extends ServerlessChecks {
  readonly #report: Report

  constructor(report: Report) {
    super()
    this.#report = report
  }

  protected override applyRule(params: IApplyRule): void {
    for (const id of idsOf(this.packName, params)) this.#report(id, params)
  }
}

/**
 * Everything that the rule packs AwsSolutions and Serverless find in a construct tree, acknowledged
 * or not. cdk-nag itself tells only of what is not acknowledged.
 */
export function findingsIn(scope: IConstruct): readonly Finding[] {
  const findings: Finding[] = []
  const report: Report = (id, { node, info }) => {
    findings.push({ id, path: node.node.path, info, reason: reasonFor(node, id) })
  }
  for (const pack of [new RecordingAwsSolutions(report), new RecordingServerless(report)]) {
    pack.validateScope(scope)
  }
  return findings
}

/** Ids in cdk-nag's form; a rule that throws has found something that nobody can judge. */
function idsOf(pack: string, { rule, ruleSuffixOverride, node }: IApplyRule): readonly string[] {
  const id = `${pack}-${ruleSuffixOverride ?? rule.name}`
  const result = judged(rule, node)
  if (Array.isArray(result)) return result.map((finding) => `${id}[${finding}]`)
  return result === NagRuleCompliance.NON_COMPLIANT ? [id] : []
}

function judged(rule: IApplyRule['rule'], node: CfnResource) {
  try {
    return rule(node)
  } catch {
    return NagRuleCompliance.NON_COMPLIANT
  }
}

/** Looks for an acknowledgement at the resource and at everything around it, nearest first. */
function reasonFor(resource: CfnResource, id: string): string | undefined {
  for (const scope of [...resource.node.scopes].reverse()) {
    for (const { type, data } of scope.node.metadata) {
      if (type !== Validations.ACKNOWLEDGED_RULES_METADATA_KEY) continue
      const reasons = Object.entries((data ?? {}) as Record<string, string>)
      const found = reasons.find(([key]) => key.replace(/^annotation::/i, '') === id)
      if (found) return found[1]
    }
  }
  return undefined
}
