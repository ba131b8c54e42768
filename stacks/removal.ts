import { RemovalPolicy } from 'aws-cdk-lib'
import type { Settings } from './settings.ts'

/**
 * What becomes of what must not be lost when its stack goes. What a deployment made that then failed
 * goes with it all the same: it holds nothing yet, and its name would be in the way of the next try.
 */
export function removalPolicyOf({ removal }: Pick<Settings, 'removal'>): RemovalPolicy {
  return removal === 'keep' ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY
}
