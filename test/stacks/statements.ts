import type { Found, Properties } from './stage-templates.ts'

/** A statement of a policy, and the type of resource whose policy it is. */
export type Statement = Readonly<{
  type: string
  effect: 'Allow' | 'Deny'
  actions: readonly string[]
  /** As text: ARNs are built of references. */
  resources: readonly string[]
  condition: unknown
}>

/** Every statement of the policies that a resource has, whatever the property is called. */
export function statementsIn({ Type, Properties: properties }: Found): readonly Statement[] {
  const documents: Properties[] = [
    properties?.PolicyDocument,
    properties?.AssumeRolePolicyDocument,
    properties?.KeyPolicy,
    properties?.ResourcePolicy,
    properties?.FileSystemPolicy,
    ...(properties?.Policies ?? []).map(({ PolicyDocument }: Properties) => PolicyDocument),
  ].filter((document) => document?.Statement)
  return documents.flatMap(({ Statement: statements }) =>
    [statements].flat().map((statement: Properties) => ({
      type: Type,
      effect: statement.Effect,
      actions: [statement.Action ?? []].flat(),
      resources: [statement.Resource ?? []].flat().map((one) => JSON.stringify(one)),
      condition: statement.Condition,
    })),
  )
}

/** Wildcards that a template of ours may have, and why. What a statement denies is not asked for. */
const excused: readonly Readonly<{ why: string; when: (statement: Statement) => boolean }>[] = [
  {
    why: "in a key's own policy `*` is that key, and its administrators have to be able to mend it",
    when: ({ type }) => type === 'AWS::KMS::Key',
  },
  {
    why: 'X-Ray takes traces of nothing in particular: these actions know no resources',
    when: ({ actions }) => actions.every((action) => action.startsWith('xray:Put')),
  },
  {
    why: "CDK's own copier of a Web Function's code, in one folder of the bucket that is made for it",
    when: ({ actions, resources }) =>
      actions.every((action) => action.startsWith('s3:')) &&
      resources.every((one) => /ToolProxyCode.*\/web-function\/\*"/.test(one)),
  },
]

/** Statements that allow something by `*` without a written reason. */
export function wildcards(statements: readonly Statement[]): readonly Statement[] {
  return statements.filter(
    (statement) =>
      statement.effect === 'Allow' &&
      (statement.actions.some((action) => action.includes('*')) ||
        statement.resources.includes('"*"')) &&
      !excused.some(({ when }) => when(statement)),
  )
}
