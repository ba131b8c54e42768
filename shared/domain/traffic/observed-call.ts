/** What is counted of a call that reached a service. */
export type ObservedCall = Readonly<{
  /** 32 hexadecimal digits of source and id. */
  identity: string
  service: string
  version: string
  operation: string
  /** Whether it failed, and that was the service's fault. */
  failed: boolean
  /** The upstream's time, ms. */
  ms: number
  /** Whether the caller left the version to the rules. */
  leftToRules: boolean
  /** Of the rules that decided. */
  revision: number
  /** Of a question that may be asked again: what it was, and what was answered. */
  answer?: Readonly<{ question: string; digest: string }>
  /** The answer's JSON, where it was kept whole. */
  shape?: readonly Readonly<{ place: string; type: string }>[]
}>

/** An instance's health or circuit became another. */
export type HealthChange = Readonly<{
  identity: string
  service: string
  instance: string
  /** ms since the epoch */
  at: number
}>
