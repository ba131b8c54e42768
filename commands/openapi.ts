import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { describeApi, documentFile } from './openapi/document.ts'

if (process.argv.includes('--help')) {
  console.log(
    'npm run openapi\n\nWrites docs/reference/openapi.json from the schemas of all functions.',
  )
  process.exit(0)
}

await writeFile(documentFile, await describeApi())
// `npm run check` looks at its format as at every file's.
execFileSync(join('node_modules', '.bin', 'biome'), ['format', '--write', documentFile])
console.log(`wrote ${relative(process.cwd(), documentFile)}`)
