import { type App, type RemovalPolicy, Validations } from 'aws-cdk-lib'
import { Secret as ContainerSecret } from 'aws-cdk-lib/aws-ecs'
import { Key } from 'aws-cdk-lib/aws-kms'
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { BridgeStack, type StageContext } from './bridge-stack.ts'
import type { ConsulSecret } from './constructs/consul-config.ts'
import { ConsulFiles } from './constructs/consul-files.ts'
import { ConsulServer } from './constructs/consul-server.ts'
import { importedNetwork, importedSecurityGroup } from './imported-network.ts'
import { leave } from './parameters.ts'
import { removalPolicyOf } from './removal.ts'
import type { Settings } from './settings.ts'

/** What `consul-url` says where there is no Consul; Parameter Store keeps no empty text. */
const NONE = 'none'

/** Where services are found: a Consul by address, one on Fargate, or none yet. */
export class DiscoveryStack extends BridgeStack {
  constructor(app: App, context: StageContext) {
    super(app, 'discovery', context, 'where services are found')
    const { settings } = context
    const { consul, consulAddress = NONE, consulToken, consulCa } = settings
    const url = consul === 'fargate' ? this.#onFargate(settings) : consulAddress
    leave(this, 'consul-url', url, 'Consul, https://host:port, or none')
    if (consul === 'address' && consulToken) {
      leave(this, 'consul-token-secret-arn', consulToken, 'Token for Consul')
      this.#leaveDiscoveryUrl(url, consulToken, consulCa)
    }
    if (consulCa) leave(this, 'consul-ca-secret-arn', consulCa, "Authority of Consul's certificate")
  }

  #leaveDiscoveryUrl(url: string, token: string, ca: string | undefined): void {
    const authority = ca ? `&ca=${ca}` : ''
    const text = `${url.replace('https:', 'consul:')}?tls=on&token=secret:${token}${authority}`
    leave(this, 'discovery-url', text, 'Consul as functions are told of it')
  }

  #onFargate(settings: Settings): string {
    const removalPolicy = removalPolicyOf(settings)
    const network = importedNetwork(this, settings)
    const encryptionKey = new Key(this, 'Key', {
      description: 'OmniNode Bridge: files and secrets of Consul',
      enableKeyRotation: true,
      removalPolicy,
    })
    const files = new ConsulFiles(this, 'Files', {
      network,
      securityGroup: importedSecurityGroup(this, 'consul-files'),
      encryptionKey,
      removalPolicy,
    })
    const secrets = this.#secrets(settings, encryptionKey, removalPolicy)
    leave(this, 'consul-encryption-key-arn', encryptionKey.keyArn, "Key of Consul's own secrets")
    const server = new ConsulServer(this, 'Server', {
      image: settings.consulImage,
      network,
      securityGroup: importedSecurityGroup(this, 'consul'),
      files,
      secrets: secrets.ofContainer,
      logDays: settings.logDays,
    })
    this.#leaveDiscoveryUrl(server.url, secrets.tokenArn, settings.consulCa)
    return server.url
  }

  #secrets(
    { consulTls = '', consulCa = '' }: Settings,
    encryptionKey: Key,
    removalPolicy: RemovalPolicy,
  ): Readonly<{ ofContainer: Record<ConsulSecret, ContainerSecret>; tokenArn: string }> {
    // As an interface: the class differs from it by optional properties that may be undefined.
    const generated = (id: string, secretName: string, description: string): ISecret => {
      const secret = new Secret(this, id, {
        secretName: `omninode-bridge/${secretName}`,
        description,
        encryptionKey,
        removalPolicy,
        generateSecretString: { passwordLength: 32, excludePunctuation: true },
      })
      Validations.of(secret).acknowledge({
        id: 'AwsSolutions-SMG4',
        reason: 'Consul has to be told a new one before the old one ends: docs/how-to says how.',
      })
      return secret as ISecret
    }
    const token = generated('Token', 'consul-token', 'May do everything in Consul')
    // 32 letters and digits are, as base64, a key of 24 bytes: AES-192.
    const gossipKey = generated('GossipKey', 'consul-gossip-key', 'Between Consul servers')
    const tls = Secret.fromSecretCompleteArn(this, 'Tls', consulTls)
    const ca = Secret.fromSecretCompleteArn(this, 'Ca', consulCa)
    leave(this, 'consul-token-secret-arn', token.secretArn, 'Token for Consul')
    const ofContainer = {
      TOKEN: ContainerSecret.fromSecretsManager(token),
      GOSSIP_KEY: ContainerSecret.fromSecretsManager(gossipKey),
      TLS_CERTIFICATE: ContainerSecret.fromSecretsManager(tls, 'certificate'),
      TLS_KEY: ContainerSecret.fromSecretsManager(tls, 'privateKey'),
      TLS_CA: ContainerSecret.fromSecretsManager(ca, 'certificate'),
    }
    return { ofContainer, tokenArn: token.secretArn }
  }
}
