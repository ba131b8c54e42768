import { Validations } from 'aws-cdk-lib'
import { Key } from 'aws-cdk-lib/aws-kms'
import { CfnBatchScramSecret } from 'aws-cdk-lib/aws-msk'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import { removalPolicyOf } from '../removal.ts'
import type { Settings } from '../settings.ts'

/**
 * A user for Kafka clients that know no IAM. MSK takes secrets alone whose names begin with
 * `AmazonMSK_` and which a key of one's own encrypts (developer guide, "SASL/SCRAM authentication").
 */
export class ScramUser extends Construct {
  constructor(scope: Construct, id: string, clusterArn: string, settings: Settings) {
    super(scope, id)
    const removalPolicy = removalPolicyOf(settings)
    const encryptionKey = new Key(this, 'Key', {
      description: 'OmniNode Bridge: password of a Kafka user',
      enableKeyRotation: true,
      removalPolicy,
    })
    const secret = new Secret(this, 'Secret', {
      secretName: 'AmazonMSK_omninode-bridge',
      description: 'User and password of Kafka clients beside the functions',
      encryptionKey,
      removalPolicy,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username: 'omninode-client' }),
        generateStringKey: 'password',
        excludePunctuation: true,
      },
    })
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'Who uses it runs outside of this system: a new password is agreed with them.',
    })
    new CfnBatchScramSecret(this, 'Association', { clusterArn, secretArnList: [secret.secretArn] })
  }
}
