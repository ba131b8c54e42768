import {
  exists,
  PSEUDO_PARAMETERS,
  type Resource,
  resolve,
  type Scope,
  type Template,
} from './resolve.ts'

/** A resource that exists, with its properties resolved. */
export type ResolvedResource = Readonly<{
  stack: string
  logicalId: string
  type: string
  properties: Readonly<Record<string, unknown>>
  metadata: Readonly<Record<string, unknown>>
}>

/** The types this place gives a meaning to; the others concern the account alone. */
export const INTERPRETED: ReadonlySet<string> = new Set([
  'AWS::Lambda::Function',
  'AWS::Lambda::EventSourceMapping',
  'AWS::ApiGateway::RestApi',
  'AWS::ApiGateway::Resource',
  'AWS::ApiGateway::Method',
  'AWS::ApiGateway::Stage',
  'AWS::Events::Rule',
  'AWS::SQS::Queue',
])

/**
 * Resolves the resources of all stacks, exports and imports between them included.
 *
 * @param parameters values for the stacks' parameters, the same for all of them
 * @param types the types of resources that are wanted
 * @throws `Error` naming a parameter without a value or an unknown reference
 */
export function resolveStacks(
  templates: ReadonlyMap<string, Template>,
  parameters: Readonly<Record<string, unknown>>,
  types = INTERPRETED,
): readonly ResolvedResource[] {
  const scopes: Scope[] = [...templates].map(([stack, template]) => ({
    stack,
    template,
    parameters,
    lookUp: (logicalId, attribute) => {
      const resource = template.Resources[logicalId]
      const scope = scopes.find((one) => one.stack === stack)
      if (!resource || !scope) throw new Error(`${stack} has no resource ${logicalId}`)
      return attributeOf(logicalId, resource, attribute, scope)
    },
    imported: (name) => findExport(name, scopes),
  }))
  return scopes.flatMap((scope) =>
    Object.entries(scope.template.Resources)
      .filter(([, resource]) => types.has(resource.Type) && exists(resource, scope))
      .map(([logicalId, { Type, Properties, Metadata }]) => ({
        stack: scope.stack,
        logicalId,
        type: Type,
        properties: (resolve(Properties ?? {}, scope) ?? {}) as Record<string, unknown>,
        metadata: Metadata ?? {},
      })),
  )
}

function findExport(name: string, scopes: readonly Scope[]): unknown {
  for (const scope of scopes) {
    for (const { Value, Export } of Object.values(scope.template.Outputs ?? {})) {
      if (Export && resolve(Export.Name, scope) === name) return resolve(Value, scope)
    }
  }
  throw new Error(`no stack exports ${name}`)
}

/**
 * What `Ref` (no attribute) and `Fn::GetAtt` give: names for functions and queues, ids for everything else, and
 * ARNs of the shape the service gives them.
 */
function attributeOf(
  logicalId: string,
  { Type, Properties }: Resource,
  attribute: string | undefined,
  scope: Scope,
): unknown {
  const [, service = '', kind = ''] = Type.split('::')
  const givenName = Properties?.[NAME_PROPERTIES[Type] ?? '']
  const name = givenName === undefined ? logicalId : resolve(givenName, scope)
  if (attribute === undefined) return name
  if (attribute === 'RootResourceId') return rootResourceId(logicalId)
  if (attribute !== 'Arn') return `${logicalId}.${attribute}`
  const account = String(PSEUDO_PARAMETERS['AWS::AccountId'])
  const region = String(PSEUDO_PARAMETERS['AWS::Region'])
  if (Type === 'AWS::SQS::Queue') return `arn:aws:sqs:${region}:${account}:${name}`
  const separator = Type === 'AWS::Lambda::Function' ? ':' : '/'
  return `arn:aws:${service.toLowerCase()}:${region}:${account}:${kind.toLowerCase()}${separator}${name}`
}

/** Where a resource of a type is given the name that it is known by. */
const NAME_PROPERTIES: Readonly<Record<string, string>> = {
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::SQS::Queue': 'QueueName',
}

/** The id that an API's root resource has. */
export function rootResourceId(apiLogicalId: string): string {
  return `${apiLogicalId}.root`
}
