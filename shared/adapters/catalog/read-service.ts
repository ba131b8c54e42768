import {
  keyPrefixes,
  parseBreakers,
  parseLearned,
  parseRules,
} from '../../domain/catalog/key-parts.ts'
import { catalogKeys, type ServiceCatalog } from '../../domain/catalog/service-catalog.ts'
import { findRefProblems } from '../../domain/discovery/instance-problems.ts'
import type { Directory } from '../../ports/directory.ts'
import type { KeyValue } from '../../ports/key-value.ts'

type Sources = Readonly<{
  directory: Pick<Directory, 'instances'>
  keyValue: Pick<KeyValue, 'get' | 'list'>
}>

/**
 * Asks the directory itself for a service, for `openCatalog`'s `readThrough`; undefined where none has that name.
 *
 * @throws as `Directory` and `KeyValue` do
 */
export const readService =
  ({ directory, keyValue }: Sources) =>
  async (service: string): Promise<ServiceCatalog | undefined> => {
    if (findRefProblems({ service, id: 'any' }).length > 0) return undefined
    const [instances, rules, breakers, learned] = await Promise.all([
      directory.instances(service),
      keyValue.get(catalogKeys.rules(service)),
      keyValue.list(`${keyPrefixes.breakers}${service}/`),
      keyValue.get(catalogKeys.learned(service)),
    ])
    if (instances.length === 0) return undefined
    const decided = rules && parseRules(rules.value)
    return {
      service,
      instances,
      ...(decided ? { rules: decided } : {}),
      breakers: parseBreakers(breakers.map(({ value }) => value)),
      learned: learned ? parseLearned(learned.value) : [],
    }
  }
