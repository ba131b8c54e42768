import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'

const SNAPSHOT_KEY = 'access.json'

/** A bucket for the one object that tells functions which keys and sources there are. */
export class SnapshotBucket extends Construct {
  readonly #bucket: Bucket

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.#bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(7) }],
      // It is made anew from the database by the next change of a key.
      removalPolicy: RemovalPolicy.DESTROY,
    })
    Validations.of(this.#bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'It holds one object, which functions read and write; CloudTrail tells who else would.',
    })
  }

  get url(): string {
    return `s3://${this.#bucket.bucketName}/${SNAPSHOT_KEY}`
  }

  grantRead(lambda: LambdaFunction): void {
    this.#grant(lambda, ['s3:GetObject'])
  }

  grantPublish(lambda: LambdaFunction): void {
    this.#grant(lambda, ['s3:GetObject', 's3:PutObject'])
  }

  #grant(lambda: LambdaFunction, actions: string[]): void {
    const resources = [this.#bucket.arnForObjects(SNAPSHOT_KEY)]
    lambda.addToRolePolicy(new PolicyStatement({ actions, resources }))
    // Who may not list is told 403 instead of 404, and takes the first snapshot's absence for a fault.
    lambda.addToRolePolicy(
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.#bucket.bucketArn] }),
    )
  }
}
