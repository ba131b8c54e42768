import type {
  Condition,
  InstanceRef,
  ListedInstance,
  Registration,
} from '../domain/discovery/instance.ts'
import type { ServiceStamps } from '../domain/discovery/service-stamps.ts'
import type { Watching } from './watching.ts'

/**
 * Where instances of services announce themselves and are found. Every call answers or fails within
 * 5 s; all of them throw `Unavailable` when the directory can't be reached and `Forbidden` when it
 * refuses us.
 */
export interface Directory {
  /**
   * Adds an instance, or replaces what it announced before. One with a TTL check is passing then;
   * one with an HTTP check keeps its health, and begins critical until it was asked. Maintenance stays.
   *
   * @throws `InvalidInput` naming every wrong field
   */
  register(registration: Registration): Promise<void>

  /**
   * Says that an instance with a TTL check is alive, and how it is.
   *
   * @throws `NotFound` when no such instance has a TTL check: register again
   */
  renew(ref: InstanceRef, condition?: Condition, note?: string): Promise<void>

  /** Removes an instance; one that is not there is no failure. */
  deregister(ref: InstanceRef): Promise<void>

  /** Takes an instance out of service, whatever its checks say. @throws `NotFound` */
  startMaintenance(ref: InstanceRef, reason: string): Promise<void>
  /** @throws `NotFound` */
  endMaintenance(ref: InstanceRef): Promise<void>

  /** The passing instances of a service, by id. */
  lookup(service: string): Promise<readonly ListedInstance[]>

  /** All instances of a service with their health, by id. */
  instances(service: string): Promise<readonly ListedInstance[]>

  /** The names of services that have instances, sorted. */
  services(): Promise<readonly string[]>

  /** All instances of a service: now, and after each change. */
  watchInstances(service: string, signal: AbortSignal): Watching<readonly ListedInstance[]>

  /** The names of services: now, and after each change. */
  watchServices(signal: AbortSignal): Watching<readonly string[]>

  /**
   * What tells which services changed: now, and after each change. One watch for all of them, in directories
   * where each watch holds a connection; left out where it holds none.
   */
  watchStamps?(signal: AbortSignal): Watching<ServiceStamps>

  /** Ends watches and lets go of connections. */
  close(): Promise<void>
}
