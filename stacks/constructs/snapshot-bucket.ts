import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'

const SNAPSHOT_KEY = 'access.json'
const CATALOG_PREFIX = 'catalog/'

/** Whose role can be given rights: a function, listening or not. */
type Granted = Pick<LambdaFunction, 'addToRolePolicy' | 'role'>

/** A bucket for what tells functions which keys and sources there are, and which services. */
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
      lifecycleRules: [
        { noncurrentVersionExpiration: Duration.days(7) },
        // Its index is written every few seconds.
        {
          prefix: CATALOG_PREFIX,
          noncurrentVersionExpiration: Duration.days(1),
          expiredObjectDeleteMarker: true,
        },
      ],
      // It is made anew from the database by the next change of a key, and from the directory.
      removalPolicy: RemovalPolicy.DESTROY,
    })
    Validations.of(this.#bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'It holds what functions alone read and write; CloudTrail tells who else would.',
    })
  }

  get url(): string {
    return `s3://${this.#bucket.bucketName}/${SNAPSHOT_KEY}`
  }

  /** The folder of the catalog, an object for each service. */
  get catalogUrl(): string {
    return `s3://${this.#bucket.bucketName}/${CATALOG_PREFIX}`
  }

  /** The same two, for what does not see that they lie in another stack. */
  get imported(): Readonly<{ url: string; catalogUrl: string }> {
    const name = Stack.of(this).exportValue(this.#bucket.bucketName)
    return { url: `s3://${name}/${SNAPSHOT_KEY}`, catalogUrl: `s3://${name}/${CATALOG_PREFIX}` }
  }

  grantRead(lambda: Granted): void {
    this.#grant(lambda, ['s3:GetObject'], SNAPSHOT_KEY)
  }

  grantPublish(lambda: LambdaFunction): void {
    this.#grant(lambda, ['s3:GetObject', 's3:PutObject'], SNAPSHOT_KEY)
  }

  grantReadCatalog(lambda: Granted): void {
    this.#grant(lambda, ['s3:GetObject'], `${CATALOG_PREFIX}*`)
    this.#acknowledgeCatalog(lambda)
  }

  grantPublishCatalog(lambda: LambdaFunction): void {
    const actions = ['s3:GetObject', 's3:PutObject', 's3:DeleteObject']
    this.#grant(lambda, actions, `${CATALOG_PREFIX}*`)
    this.#acknowledgeCatalog(lambda)
  }

  /** Functions of other stacks know the bucket as this stack exports it. */
  #acknowledgeCatalog(lambda: Granted): void {
    const stack = Stack.of(this)
    const imported: unknown = stack.resolve(stack.exportValue(this.#bucket.bucketArn))
    const { 'Fn::ImportValue': name } = imported as { 'Fn::ImportValue': string }
    Validations.of(lambda.role ?? this).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${name}/${CATALOG_PREFIX}*]`,
      reason:
        'Every document of the catalog is its business, and they are named by what they hold.',
    })
  }

  #grant(lambda: Granted, actions: string[], objects: string): void {
    const resources = [this.#bucket.arnForObjects(objects)]
    lambda.addToRolePolicy(new PolicyStatement({ actions, resources }))
    // Who may not list is told 403 instead of 404, and takes the first snapshot's absence for a fault.
    lambda.addToRolePolicy(
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.#bucket.bucketArn] }),
    )
  }
}
