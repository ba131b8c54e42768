import { type CfnElement, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'

/** Longer than the queue and its dead letters together keep the messages that name the objects. */
const RETENTION = Duration.days(30)

/** Holds what no message of the spill's queue can; it forgets by itself. */
export class SpillBucket extends Construct {
  readonly #bucket: Bucket

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.#bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      lifecycleRules: [{ expiration: RETENTION }],
      // It may hold accepted hooks that are nowhere else.
      removalPolicy: RemovalPolicy.RETAIN,
    })
    Validations.of(this.#bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Two functions alone may use it, for a month at most; CloudTrail tells who else would.',
    })
  }

  get bucketName(): string {
    return this.#bucket.bucketName
  }

  grantWrite(lambda: LambdaFunction): void {
    this.#grant(lambda, 's3:PutObject')
  }

  grantRead(lambda: LambdaFunction): void {
    this.#grant(lambda, 's3:GetObject')
  }

  /** An object's name is the digest of what it holds. */
  #grant(lambda: LambdaFunction, action: string): void {
    const resources = [this.#bucket.arnForObjects('*')]
    lambda.addToRolePolicy(new PolicyStatement({ actions: [action], resources }))
    const id = Stack.of(this).getLogicalId(this.#bucket.node.defaultChild as CfnElement)
    Validations.of(lambda.role ?? lambda).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${id}.Arn>/*]`,
      reason: 'Every object of this bucket is its business, and their names are digests.',
    })
  }
}
