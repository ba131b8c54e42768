import type { Deployment } from './deployment.ts'

/** What whoever deployed wants to see at the end: address, key, and a call to try. */
export function greeting({ address, firstKey }: Deployment, ms: number): string {
  const event = '{"source":"me","type":"hooks.execution.started","data":{"operation":"hello"}}'
  return [
    '',
    `OmniNode Bridge answers at ${address} (deployed in ${(ms / 1_000).toFixed(1)} s)`,
    firstKey
      ? `The first key, shown this once: ${firstKey}`
      : 'There are keys already: use one of them. None can be shown again.',
    '',
    `  curl -s ${address}/hooks \\`,
    `    -H 'authorization: Bearer ${firstKey ?? '<key>'}' \\`,
    "    -H 'content-type: application/json' \\",
    `    -d '${event}'`,
  ].join('\n')
}
