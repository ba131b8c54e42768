import type { APIGatewayProxyEvent, Context } from 'aws-lambda'
import { compose } from './compose.ts'
import { env } from './env.ts'
import { streamed } from './streamed.ts'

const { proxy, settle } = await compose(env.parse(process.env), { apart: false })

/** Calls between services, through the REST API with its answers streamed. */
export const handler = awslambda.streamifyResponse(
  async (event: APIGatewayProxyEvent, response, context: Context) => {
    try {
      await streamed(proxy, event, context, (metadata) =>
        awslambda.HttpResponseStream.from(response, metadata),
      )
    } finally {
      // Whatever is not on its way when this returns waits frozen.
      await settle()
    }
  },
)
