import { type ParseArgsConfig, parseArgs } from 'node:util'
import { errorFields } from '#shared/log.ts'

type Options = NonNullable<ParseArgsConfig['options']>

type Parsed<O extends Options> = ReturnType<
  typeof parseArgs<{ options: O; allowPositionals: true; strict: true }>
>

/** A call that asks for what there is not: exit code 2, with the usage's first line. */
export class UsageError extends Error {}

/**
 * Runs a command: `--help` prints its usage, a failure its message. Exit codes: 0 done, 1 failed,
 * 2 called wrongly.
 */
export async function runCommand<const O extends Options>(
  usage: string,
  options: O,
  main: (given: Parsed<O>) => Promise<number>,
): Promise<void> {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    console.log(usage)
    return
  }
  try {
    const given = parseArgs({ options, allowPositionals: true, strict: true })
    process.exitCode = await main(given as Parsed<O>)
  } catch (error) {
    const wrongCall = error instanceof UsageError || isParseError(error)
    console.error(`failed: ${(error as Error).message}`)
    if (wrongCall) console.error(`usage: ${usage.split('\n')[0]}`)
    else if (error instanceof Error && error.cause !== undefined) {
      console.error(`because: ${errorFields(error).cause}`)
    }
    process.exitCode = wrongCall ? 2 : 1
  }
}

function isParseError(error: unknown): boolean {
  return String((error as { code?: unknown } | undefined)?.code).startsWith('ERR_PARSE_ARGS')
}
