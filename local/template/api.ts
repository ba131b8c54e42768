import type { NameOf } from './functions.ts'
import { type ResolvedResource, rootResourceId } from './stacks.ts'

/** One method of the API. */
export type RoutePlan = Readonly<{
  method: string
  /** `/hooks/{source}` */
  path: string
  functionName: string
  /** How long the gateway waits for the function. */
  timeoutMs: number
  /** The answer is passed on as it is written. */
  streaming: boolean
}>

export type ApiPlan = Readonly<{ id: string; stage: string; routes: readonly RoutePlan[] }>

type Integration = Readonly<{
  Type: string
  Uri: string
  TimeoutInMillis?: number
  ResponseTransferMode?: string
}>

/** API Gateway's own limit. */
const DEFAULT_TIMEOUT_MS = 29_000

/** `arn:aws:apigateway:<region>:lambda:path/<version>/functions/<function ARN>/<invocations>` */
const INTEGRATED_FUNCTION = /\/functions\/(.+)\/(?:response-streaming-)?invocations$/

/** The API's routes, from its resources' tree and their methods. */
export function apiOf(resources: readonly ResolvedResource[], nameOf: NameOf): ApiPlan {
  const ofType = (type: string) =>
    resources.filter((one) => one.type === `AWS::ApiGateway::${type}`)
  const [api] = ofType('RestApi')
  const [stage] = ofType('Stage')
  if (!api) throw new Error('the template has no REST API')
  const pathOf = paths(api.logicalId, ofType('Resource'))
  const routes = ofType('Method').map(({ properties }) => {
    const integration = properties.Integration as Integration
    const target = INTEGRATED_FUNCTION.exec(integration.Uri)?.[1]
    if (integration.Type !== 'AWS_PROXY' || !target) {
      throw new Error(`a method is integrated by ${integration.Type}, which is not known here`)
    }
    return {
      method: String(properties.HttpMethod),
      path: pathOf(String(properties.ResourceId)),
      functionName: nameOf(target),
      timeoutMs: integration.TimeoutInMillis ?? DEFAULT_TIMEOUT_MS,
      streaming: integration.ResponseTransferMode === 'STREAM',
    }
  })
  return { id: api.logicalId, stage: String(stage?.properties.StageName ?? ''), routes }
}

function paths(apiId: string, resources: readonly ResolvedResource[]): (id: string) => string {
  const byId = new Map(resources.map((one) => [one.logicalId, one.properties]))
  const pathOf = (id: string): string => {
    if (id === rootResourceId(apiId)) return ''
    const resource = byId.get(id)
    if (!resource) throw new Error(`the API has no resource ${id}`)
    return `${pathOf(String(resource.ParentId))}/${resource.PathPart}`
  }
  return (id) => pathOf(id) || '/'
}
