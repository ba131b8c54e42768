import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '#shared/errors.ts'
import type { StageName } from '#stacks/stage.ts'
import type { DeployedStack } from './order.ts'

type Manifest = Readonly<{
  artifacts: Readonly<
    Record<
      string,
      Readonly<{
        type: string
        dependencies?: readonly string[]
        properties?: Readonly<{ templateFile?: string; stackName?: string }>
      }>
    >
  >
}>

type Template = Readonly<{
  Parameters?: Readonly<Record<string, Readonly<{ Default?: unknown }>>>
  Resources?: Readonly<
    Record<string, Readonly<{ Type: string; Properties?: Readonly<Record<string, unknown>> }>>
  >
}>

type Synthesis = Readonly<{
  stage: StageName
  /** What `--context key=value` gives. */
  context: Readonly<Record<string, string>>
  /** The assembly comes into a folder below this one. */
  outputRoot: string
}>

/**
 * Writes a stage's cloud assembly.
 *
 * @param root the project's folder
 * @returns the assembly's folder
 * @throws `InvalidInput` with what the synthesis complained of
 */
export async function synthesise(
  root: string,
  { stage, context, outputRoot }: Synthesis,
): Promise<string> {
  const child = spawn(process.execPath, [join('stacks', 'app.ts'), stage], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      CDK_CONTEXT_JSON: JSON.stringify(context),
      SYNTH_FOLDER: outputRoot,
    },
  })
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  const code = await new Promise<number | null>((done, fail) => {
    child.on('error', fail)
    child.on('close', done)
  })
  if (code !== 0) {
    throw new Failure(
      'InvalidInput',
      `stage ${stage} can't be synthesised:\n${readable(complaint)}`,
    )
  }
  return join(outputRoot, stage)
}

/** Node shows the line an error was thrown at, and those of packages are whole files. */
const LONGEST_LINE = 400

function readable(complaint: string): string {
  const lines = complaint.split('\n').filter((line) => line.trim() && line.length < LONGEST_LINE)
  return lines.join('\n')
}

/** The stacks of a synthesised stage, with what deploying them needs to be known of them. */
export function readStacks(folder: string): readonly DeployedStack[] {
  const { artifacts } = readJson<Manifest>(join(folder, 'manifest.json'))
  return Object.entries(artifacts).flatMap(([id, { type, dependencies = [], properties = {} }]) => {
    const { templateFile, stackName } = properties
    if (type !== 'aws:cloudformation:stack' || !templateFile) return []
    const template = readJson<Template>(join(folder, templateFile))
    return [
      {
        id,
        stackName: stackName ?? id,
        dependencies: dependencies.filter((one) => artifacts[one]?.type === type),
        parameters: parametersOf(template),
        functions: functionsOf(template),
      },
    ]
  })
}

function parametersOf({ Parameters = {} }: Template): DeployedStack['parameters'] {
  return Object.entries(Parameters).map(([name, { Default }]) => ({
    name,
    optional: Default !== undefined,
  }))
}

function functionsOf({ Resources = {} }: Template): readonly string[] {
  return Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Properties = {} }) => String(Properties.FunctionName))
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T
}
