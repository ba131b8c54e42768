import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  apiAddress,
  cdkEnvironment,
  clientSettings,
  findTarget,
  type Target,
} from '#commands/deploy/target.ts'

/** Something on a port that answers these paths with 200 and every other with 404. */
async function answering(...paths: readonly string[]): Promise<string> {
  const server = createServer((request, response) => {
    response.writeHead(paths.includes(request.url ?? '') ? 200 : 404).end('{}')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  return `http://localhost:${(server.address() as AddressInfo).port}`
}

describe('where a stage is deployed to', () => {
  it('is AWS for stage aws, and nothing else', async () => {
    expect(await findTarget('aws', {})).toEqual({ kind: 'aws' })
    await expect(findTarget('aws', { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' })).rejects.toThrow(
      'unset AWS_ENDPOINT_URL',
    )
  })

  it.each([
    { name: 'LocalStack', paths: ['/_localstack/health'] },
    { name: 'MiniStack', paths: ['/_localstack/health', '/_ministack/health'] },
  ])('is $name by the health it tells, by number', async ({ name, paths }) => {
    const given = await answering(...paths)
    expect(await findTarget('compose', { AWS_ENDPOINT_URL: `${given}/` })).toEqual({
      ...{ kind: 'emulator', name },
      endpoint: given.replace('localhost', '127.0.0.1'),
    })
  })

  it('has to be named for stage compose', async () => {
    await expect(findTarget('compose', {})).rejects.toThrow('set AWS_ENDPOINT_URL')
  })

  it('has to answer, and to be an emulator', async () => {
    const dead = findTarget('compose', { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' })
    await expect(dead).rejects.toThrow('nothing answers at AWS_ENDPOINT_URL (http://127.0.0.1:1)')
    const other = findTarget('compose', { AWS_ENDPOINT_URL: await answering('/') })
    await expect(other).rejects.toThrow('neither LocalStack nor MiniStack')
  })
})

describe('an emulator', () => {
  const target: Target = { kind: 'emulator', name: 'LocalStack', endpoint: 'http://127.0.0.1:4566' }
  const url = 'https://abc123.execute-api.localhost.localstack.cloud:4566/v1/'

  it('is reached by its own address, whatever name the API has in the stack', () => {
    expect(apiAddress(target, url)).toBe('http://127.0.0.1:4566/_aws/execute-api/abc123/v1')
    expect(apiAddress({ ...target, name: 'MiniStack' }, url)).toBe(
      'http://127.0.0.1:4566/restapis/abc123/v1/_user_request_',
    )
    expect(() => apiAddress(target, 'https://elsewhere/')).toThrow('is no address of an API')
  })

  it('is told no credentials that might be real ones by accident', () => {
    const environment = cdkEnvironment(target, { PATH: '/bin', AWS_PROFILE: 'production' })
    expect(environment).toMatchObject({
      PATH: '/bin',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_ENDPOINT_URL: target.endpoint,
      AWS_ENDPOINT_URL_S3: target.endpoint,
      AWS_REGION: 'us-east-1',
    })
    expect(environment).not.toHaveProperty('AWS_PROFILE')
  })

  it('is AWS no more than AWS is one', () => {
    expect(clientSettings({ kind: 'aws' }, {})).toEqual({})
    const address = apiAddress(
      { kind: 'aws' },
      'https://abc.execute-api.eu-west-1.amazonaws.com/v1/',
    )
    expect(address).toBe('https://abc.execute-api.eu-west-1.amazonaws.com/v1')
  })
})
