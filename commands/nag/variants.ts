import type { GivenContext } from '#stacks/synthesise.ts'

const secret = (name: string) =>
  `arn:aws:secretsmanager:us-east-1:111122223333:secret:${name}-a1b2c3`
const certificateArn = 'arn:aws:acm:us-east-1:111122223333:certificate/0a1b2c3d'

/** Ways to deploy stage aws, by name: the default, and what else its context can make of it. */
export const variants: Readonly<Record<string, GivenContext>> = {
  default: {},
  // Everything of our own, and everything that guards the front door.
  express: {
    broker: 'express',
    expressScram: 'on',
    consul: 'fargate',
    consulTls: secret('consul-tls'),
    consulCa: secret('consul-ca'),
    nat: 'each-zone',
    upstreamNetworks: '10.80.0.0/16,fd00::/8',
    proxy: 'listening',
    databaseInsights: 'advanced',
    waf: 'on',
    apiKeys: 'required',
    domainName: 'bridge.example.com',
    certificateArn,
    truststore: 's3://example-truststore/clients.pem',
    truststoreVersion: '1',
    hostedZoneId: 'Z0000000EXAMPLE',
    hostedZoneName: 'example.com',
    alarmEmail: 'on-call@example.com',
    monthlyBudget: '2000',
  },
  // What others run already: brokers and Consul by address.
  own: {
    broker: 'own',
    brokers: 'broker-1.example.com:9096,broker-2.example.com:9096',
    brokersSecret: secret('brokers'),
    brokersCa: secret('brokers-ca'),
    brokersCidr: '10.1.0.0/16',
    consul: 'address',
    consulAddress: 'https://consul.example.com:8501',
    consulToken: secret('consul-token'),
    consulCa: secret('consul-ca'),
    consulCidr: '10.2.0.0/16',
    apiGatewayLogRole: 'existing',
    domainName: 'bridge.example.com',
    certificateArn,
  },
  // The least that runs, to be thrown away again.
  disposable: {
    removal: 'delete',
    pollers: 'on-demand',
    databaseReaders: '0',
    databaseMinAcu: '0',
    logDays: '1',
  },
}
