import { Failure } from '../../errors.ts'

/** The region that an ARN (`arn:partition:service:region:account:...`) names. @throws `InvalidInput` */
export function regionOf(arn: string): string {
  const region = /^arn:[a-z-]+:[a-z0-9-]+:([a-z0-9-]+):/.exec(arn)?.[1]
  if (!region) throw new Failure('InvalidInput', `${arn} is no ARN with a region`)
  return region
}
