import { join } from 'node:path'
import type { Assembly } from './assembly.ts'
import { SERVER_METADATA } from './functions.ts'

/** The modules by which functions of a stage can be run for long: paths by the functions' names. */
export function serversOf({ templates, assets }: Assembly): ReadonlyMap<string, string> {
  const resources = [...templates.values()].flatMap(({ Resources }) => Object.values(Resources))
  return new Map(
    resources.flatMap(({ Type, Properties, Metadata }) => {
      const server = Metadata?.[SERVER_METADATA]
      if (Type !== 'AWS::Lambda::Function' || typeof server !== 'string') return []
      const { FunctionName, Code } = Properties as {
        FunctionName: string
        Code: { S3Key: string }
      }
      const folder = assets.get(Code.S3Key)
      return folder ? [[FunctionName, join(folder, server)] as const] : []
    }),
  )
}
