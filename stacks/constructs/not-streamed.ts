import {
  type Integration,
  type MethodOptions,
  MockIntegration,
  PassthroughBehavior,
} from 'aws-cdk-lib/aws-apigateway'

const STATUS = '501'

/** What a method must declare that answers by `notStreamed`. */
export const notStreamedOptions: MethodOptions = {
  methodResponses: [
    { statusCode: STATUS, responseParameters: { 'method.response.header.Content-Type': true } },
  ],
}

/** Says at once what else a stream would show by never ending. */
export function notStreamed(): Integration {
  const problem = {
    type: 'about:blank',
    title: 'Not Implemented',
    status: 501,
    detail: 'No response is streamed here: ask GET /events again and again instead.',
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
