import { names } from '../names.ts'

/** `client_addr` of HTTPS alone: plain HTTP is for the health check, from inside of the container. */
export const CONSUL_HTTPS_PORT = 8501
const HEALTH_PORT = 8500
const FOLDER = '/tmp/consul'

/** Where Consul keeps what it knows; on a file system that outlives the container. */
export const CONSUL_DATA = '/consul/data'

/** Variables that hold secrets when the container starts. */
export type ConsulSecret = 'TLS_CERTIFICATE' | 'TLS_KEY' | 'TLS_CA' | 'GOSSIP_KEY' | 'TOKEN'

/** The settings of a single server (Consul 1.16, "Agents configuration file reference"). */
const config = {
  server: true,
  bootstrap_expect: 1,
  datacenter: 'dc1',
  node_name: names.discoveryHost.name,
  data_dir: CONSUL_DATA,
  bind_addr: '{{ GetPrivateIP }}',
  addresses: { https: '0.0.0.0', http: '127.0.0.1' },
  ports: { http: HEALTH_PORT, https: CONSUL_HTTPS_PORT, grpc: -1, grpc_tls: -1, dns: -1 },
  // A new task has a new address: the old one must not be waited for.
  leave_on_terminate: false,
  skip_leave_on_interrupt: true,
  acl: {
    enabled: true,
    default_policy: 'deny',
    down_policy: 'extend-cache',
    enable_token_persistence: true,
  },
  tls: {
    defaults: {
      cert_file: `${FOLDER}/certificate.pem`,
      key_file: `${FOLDER}/key.pem`,
      ca_file: `${FOLDER}/ca.pem`,
      tls_min_version: 'TLSv1_2',
      // Functions prove who they are by a token; other servers, of which there are none, by TLS.
      verify_incoming: false,
      verify_outgoing: true,
    },
    internal_rpc: { verify_incoming: true, verify_server_hostname: true },
  },
  disable_update_check: true,
  disable_remote_exec: true,
  performance: { raft_multiplier: 1 },
  ui_config: { enabled: false },
  log_json: true,
} as const

/** What is written from secrets; a shell puts the variables in. */
const secretConfig = '{"encrypt":"%s","acl":{"tokens":{"initial_management":"%s","agent":"%s"}}}\\n'

/** Writes certificates and settings where the server alone reads them, and becomes the server. */
export const consulStart = [
  'set -eu',
  'umask 077',
  `mkdir -p ${FOLDER}/config`,
  `printf '%s\\n' "$TLS_CERTIFICATE" > ${FOLDER}/certificate.pem`,
  `printf '%s\\n' "$TLS_KEY" > ${FOLDER}/key.pem`,
  `printf '%s\\n' "$TLS_CA" > ${FOLDER}/ca.pem`,
  `printf '%s\\n' '${JSON.stringify(config)}' > ${FOLDER}/config/server.json`,
  `printf '${secretConfig}' "$GOSSIP_KEY" "$TOKEN" "$TOKEN" > ${FOLDER}/config/secrets.json`,
  'unset TLS_CERTIFICATE TLS_KEY TLS_CA GOSSIP_KEY TOKEN',
  `exec consul agent -config-dir=${FOLDER}/config`,
].join('\n')

/** A leader is known: whoever asks needs no token for that. */
export const consulHealthCheck = `wget -q -O - http://127.0.0.1:${HEALTH_PORT}/v1/status/leader | grep -q :`
