/** How clients of a managed Kafka cluster prove who they are. */
export type ClusterAuth = 'iam' | 'scram' | 'tls'

/** A user of a database that takes the cloud's identities. */
export type DatabaseUser = Readonly<{ host: string; port: number; user: string }>

/**
 * What a connection asks of the cloud that it runs in: what no setting may carry, and what none can
 * know beforehand. Answers are not cached.
 */
export interface CloudAccess {
  /**
   * The text of a secret as it is now.
   *
   * @throws `Misconfigured` when there is none or this identity may not read it, `Unavailable`
   */
  secret(arn: string): Promise<string>

  /**
   * The addresses (`host:port`) of a cluster's brokers for one way of authentication.
   *
   * @throws `Misconfigured` when the cluster does not exist, does not offer that, or may not be asked;
   *   `Unavailable`
   */
  brokers(clusterArn: string, auth: ClusterAuth): Promise<readonly string[]>

  /** A token that lets this identity into a Kafka cluster. @throws `Misconfigured` without an identity */
  kafkaToken(region: string): Promise<string>

  /** A token that lets this identity in as a database user. @throws `Misconfigured` without an identity */
  databaseToken(user: DatabaseUser): Promise<string>
}
