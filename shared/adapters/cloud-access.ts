import type { CloudAccess } from '../ports/cloud-access.ts'

/** AWS, each part of it loaded when it is first asked for: a function that needs none pays for none. */
export const cloudAccess: CloudAccess = {
  secret: async (arn) => (await import('./aws/secrets.ts')).readSecret(arn),
  brokers: async (arn, auth) => (await import('./aws/msk.ts')).findBrokers(arn, auth),
  kafkaToken: async (region) => (await import('./aws/msk-token.ts')).mskToken(region),
  databaseToken: async (user) => (await import('./aws/database-token.ts')).databaseToken(user),
}
