import { describe, expect, it } from 'vitest'
import { databaseTarget } from '#shared/adapters/postgres/database-url.ts'

const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db+x-AbCdEf'

describe('a database URL', () => {
  it.each([
    'postgres://u:p@h:5/db',
    'postgres:///db?host=/tmp',
    'postgres://u:p@h,i/db?sslmode=require&target_session_attrs=primary',
  ])('is the driver’s business as %s', (url) => {
    expect(databaseTarget(url)).toEqual({ url })
  })

  it('names an AWS identity', () => {
    expect(databaseTarget('postgres://bridge@h:6432/db?auth=iam')).toEqual({
      url: 'postgres://bridge@h:6432/db',
      login: { host: 'h', port: 6432, user: 'bridge', verify: true },
    })
  })

  it('names a secret, and keeps what else it says', () => {
    expect(databaseTarget(`postgres://bridge@h/db?sslmode=disable&secret=${SECRET}&x=1`)).toEqual({
      url: 'postgres://bridge@h/db?sslmode=disable&x=1',
      login: { host: 'h', port: 5432, user: 'bridge', secret: SECRET, verify: false },
    })
  })

  it.each([
    ['postgres://u@h/db?auth=ldap', 'auth=ldap'],
    [`postgres://u@h/db?auth=iam&secret=${SECRET}`, 'exclude each other'],
    ['postgres://u:hush@h/db?auth=iam', 'exclude each other'],
    ['postgres://h/db?auth=iam', 'need a user'],
    ['postgres://u@h,i/db?auth=iam', 'one host'],
    ['postgres://u@/db?auth=iam', 'one host'],
    ['postgres://u@h/db?secret=hush', 'ARN'],
    ['postgres://u:%zz@h/db?auth=iam', 'malformed'],
  ])('is refused as %s, without saying its password', (url, why) => {
    const refused = expect(() => databaseTarget(url))
    refused.toThrow(
      expect.objectContaining({ kind: 'InvalidInput', message: expect.stringContaining(why) }),
    )
    refused.not.toThrow('hush')
  })
})
