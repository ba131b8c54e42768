/** Who may import whom: the table of docs/architecture.md. */
const within = (folder) => `^${folder}/`
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })
const builtinsAndNpm = ['core', 'npm', 'npm-dev', 'npm-optional']

module.exports = {
  forbidden: [
    rule(
      'no-circular',
      'Two files that need each other are one idea: merge them or split what they share.',
      {},
      { circular: true },
    ),
    rule('no-unresolved', 'The import leads nowhere.', {}, { couldNotResolve: true }),
    rule(
      'domain-is-pure',
      'shared/domain holds decisions: no I/O (node:crypto for digests is the one exception), no other folder, no npm package but semver, which decides as we do.',
      { path: within('shared/domain') },
      {
        pathNot: [
          within('shared/domain'),
          '^(node:)?crypto$',
          '^(node:)?buffer$',
          'node_modules/(@types/)?semver/',
        ],
      },
    ),
    rule(
      'ports-name-roles',
      'A port is an interface over domain types.',
      { path: within('shared/ports') },
      { pathNot: [within('shared/domain'), within('shared/ports')] },
    ),
    rule(
      'adapters-stand-alone',
      'An adapter knows domain, ports, errors, its own folder, its driver, network/ and cloud-access.ts; adapters do not know each other.',
      { path: '^shared/adapters/([^/]+)/' },
      {
        path: '^(shared|functions|stacks|local|commands|bench|test)/',
        pathNot: [
          '^shared/(domain|ports)/',
          '^shared/(errors|log)\\.ts$',
          '^shared/adapters/$1/',
          // What a connection asks of its cloud: every connect() would have to pass it on otherwise.
          '^shared/adapters/cloud-access\\.ts$',
          // The one way to an address that others gave.
          '^shared/adapters/network/',
        ],
      },
    ),
    rule(
      'middleware-decides-nothing',
      'Middleware carries; decisions live in shared/domain.',
      { path: within('shared/middleware') },
      { path: '^(functions|stacks|local|commands|bench|test)/|^shared/adapters/' },
    ),
    rule(
      'handlers-compose',
      'handler.ts, server.ts and what they both compose pick adapters and middleware for their own folder.',
      { path: '^functions/([^/]+)/(handler|server|compose)\\.ts$' },
      { path: '^(functions|stacks|local|commands|bench|test)/', pathNot: ['^functions/$1/'] },
    ),
    rule(
      'use-cases-take-ports',
      'A use case takes its collaborators as arguments: no adapter, no SDK, no other function.',
      { path: '^functions/([^/]+)/', pathNot: '/(handler|server|compose)\\.ts$' },
      {
        path: '^(functions|stacks|local|commands|bench|test|shared/(adapters|middleware))/',
        pathNot: ['^functions/$1/'],
      },
    ),
    rule(
      'stacks-read-schemas',
      'Stacks know of a function its env.ts and schema.ts alone.',
      { path: within('stacks') },
      {
        path: '^(functions|local|commands|bench|test|shared)/',
        pathNot: [
          '^functions/[^/]+/(env|schema)\\.ts$',
          '^shared/(errors|domain/topics|domain/http/route)\\.ts$',
        ],
      },
    ),
    rule(
      'local-reads-the-template',
      'The local runtime runs what the template says; it never asks stacks or functions code.',
      { path: within('local') },
      { path: '^(functions|stacks|bench|test)/' },
    ),
    rule(
      'nothing-imports-tests',
      'Tests and benchmarks import everything; nothing imports them.',
      { pathNot: '^(test|bench)/' },
      { path: '^(test|bench)/' },
    ),
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules', dependencyTypes: builtinsAndNpm },
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '^(node_modules|cdk\\.out|\\.omninode)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types'],
    },
  },
}
