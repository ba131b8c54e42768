import {
  type Integration,
  type MethodOptions,
  MockIntegration,
  PassthroughBehavior,
} from 'aws-cdk-lib/aws-apigateway'

const STATUS = '501'
const LIVE = 'ask GET /events again and again instead'
const PROXY = 'calls go to the same path of `npm run proxy`, http://127.0.0.1:4010'

/** What a method must declare that answers by `notStreamed`. */
export const notStreamedOptions: MethodOptions = {
  methodResponses: [
    { statusCode: STATUS, responseParameters: { 'method.response.header.Content-Type': true } },
  ],
}

/** Says at once what else a stream would show by never ending, and what to do instead. */
export function notStreamed(path: string): Integration {
  const problem = {
    type: 'about:blank',
    title: 'Not Implemented',
    status: 501,
    detail: `No response is streamed here: ${path.startsWith('/proxy') ? PROXY : LIVE}.`,
  }
  return new MockIntegration({
    passthroughBehavior: PassthroughBehavior.NEVER,
    requestTemplates: { 'application/json': `{"statusCode": ${STATUS}}` },
    integrationResponses: [
      {
        statusCode: STATUS,
        responseParameters: {
          'method.response.header.Content-Type': "'application/problem+json'",
        },
        responseTemplates: { 'application/json': JSON.stringify(problem) },
      },
    ],
  })
}
