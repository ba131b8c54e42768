import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Failure } from '#shared/errors.ts'

/** The file that `docker compose` runs. */
export const composeFile = fileURLToPath(
  new URL('../../docker-compose.localstack.yml', import.meta.url),
)

/**
 * Runs `docker compose` on our file; it has the terminal to itself.
 *
 * @throws `Unavailable` naming what is missing: docker, its Compose plug-in, its daemon
 */
export async function dockerCompose(args: readonly string[]): Promise<void> {
  await checkDocker()
  const code = await run(['compose', '--file', composeFile, ...args], 'inherit').then(
    (ended) => ended.code,
  )
  if (code !== 0) {
    throw new Failure('Unavailable', `docker compose ${args[0]} failed; see what it said above`)
  }
}

async function checkDocker(): Promise<void> {
  const compose = await run(['compose', 'version']).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    throw new Failure(
      'Unavailable',
      'docker is not installed here. Install Docker with Compose (https://docs.docker.com/get-docker/), or use `npm start`, which needs neither',
    )
  })
  if (compose.code !== 0) {
    throw new Failure(
      'Unavailable',
      'this docker has no Compose: install the plug-in docker-compose-plugin (https://docs.docker.com/compose/install/)',
    )
  }
  const daemon = await run(['version', '--format', '{{.Server.Version}}'])
  if (daemon.code !== 0) {
    throw new Failure('Unavailable', `docker is installed, but does not run: ${daemon.said}`)
  }
}

async function run(args: readonly string[], stdio: 'pipe' | 'inherit' = 'pipe') {
  const child = spawn('docker', args, { stdio: ['ignore', stdio, stdio] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  const code = await new Promise<number | null>((done, fail) => {
    child.on('error', fail)
    child.on('close', done)
  })
  return { code, said: said.trim() }
}
