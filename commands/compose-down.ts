import { dockerCompose } from './compose/docker.ts'
import { runCommand } from './run-command.ts'

const USAGE = `npm run compose:down -- [--keep-data]

Stops and removes what compose:up started, events and keys included.

  --keep-data   leaves the volumes: the next compose:up goes on with them`

await runCommand(USAGE, { 'keep-data': { type: 'boolean' } }, async ({ values }) => {
  const volumes = values['keep-data'] ? [] : ['--volumes']
  await dockerCompose(['--profile', '*', 'down', '--remove-orphans', ...volumes])
  console.log(values['keep-data'] ? 'Removed; the data is kept.' : 'Removed, with its data.')
  return 0
})
