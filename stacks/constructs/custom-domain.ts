import {
  DomainName,
  EndpointAccessMode,
  EndpointType,
  type RestApi,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigateway'
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager'
import { ARecord, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53'
import { ApiGatewayDomain } from 'aws-cdk-lib/aws-route53-targets'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import type { Domain } from '../front-door-settings.ts'

type CustomDomainProps = Readonly<{ restApi: RestApi; domain: Domain }>

/**
 * The API under a name of its own. With a truststore, clients show a certificate of one of its
 * authorities (mutual TLS); API Gateway looks up no revocations, so short-lived certificates are
 * the way to take one back.
 */
export class CustomDomain extends Construct {
  /** What a CNAME or alias record points to. */
  readonly target: string

  constructor(scope: Construct, id: string, { restApi, domain }: CustomDomainProps) {
    super(scope, id)
    const { truststore, zone } = domain
    const name = new DomainName(this, 'Name', {
      domainName: domain.name,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', domain.certificateArn),
      endpointType: EndpointType.REGIONAL,
      ...(truststore
        ? {
            mtls: {
              bucket: Bucket.fromBucketName(this, 'Truststore', truststore.bucket),
              key: truststore.key,
              ...(truststore.version ? { version: truststore.version } : {}),
            },
          }
        : {}),
      ...tlsPolicy(domain),
    })
    name.addBasePathMapping(restApi)
    this.target = name.domainNameAliasDomainName
    if (!zone) return
    new ARecord(this, 'Record', {
      zone: HostedZone.fromHostedZoneAttributes(this, 'Zone', {
        hostedZoneId: zone.id,
        zoneName: zone.name,
      }),
      recordName: `${domain.name}.`,
      target: RecordTarget.fromAlias(new ApiGatewayDomain(name)),
    })
  }
}

/**
 * TLS 1.2 or 1.3. Mutual TLS and the policies named `SecurityPolicy_` exclude each other (API Gateway
 * developer guide, "Choose a security policy for your custom domain", considerations).
 */
export function tlsPolicy({ truststore }: Pick<Domain, 'truststore'>) {
  return truststore
    ? { securityPolicy: SecurityPolicy.TLS_1_2 }
    : {
        securityPolicy: SecurityPolicy.TLS13_1_2_PFS_PQ_2025_09,
        endpointAccessMode: EndpointAccessMode.STRICT,
      }
}
