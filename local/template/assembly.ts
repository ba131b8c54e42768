import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Template } from './resolve.ts'

/** A synthesised stage: its templates by stack, and where the files lie that they deploy. */
export type Assembly = Readonly<{
  templates: ReadonlyMap<string, Template>
  /** Folder of an asset, by the object key that templates name it with. */
  assets: ReadonlyMap<string, string>
}>

type Manifest = Readonly<{
  artifacts: Readonly<
    Record<
      string,
      Readonly<{ type: string; properties?: { templateFile?: string; file?: string } }>
    >
  >
}>

type AssetManifest = Readonly<{
  files: Readonly<
    Record<
      string,
      Readonly<{
        source: { path: string; packaging: string }
        destinations: Readonly<Record<string, { objectKey: string }>>
      }>
    >
  >
}>

/** Reads a cloud assembly (aws-cdk-lib/cloud-assembly-schema), as `cdk deploy` would. */
export function readAssembly(folder: string): Assembly {
  const { artifacts } = readJson<Manifest>(join(folder, 'manifest.json'))
  const templates = new Map<string, Template>()
  const assets = new Map<string, string>()
  for (const [name, { type, properties }] of Object.entries(artifacts)) {
    if (type === 'aws:cloudformation:stack' && properties?.templateFile) {
      templates.set(name, readJson(join(folder, properties.templateFile)))
    }
    if (type === 'cdk:asset-manifest' && properties?.file) {
      const { files } = readJson<AssetManifest>(join(folder, properties.file))
      for (const { source, destinations } of Object.values(files)) {
        if (source.packaging !== 'zip') continue
        for (const { objectKey } of Object.values(destinations)) {
          assets.set(objectKey, join(folder, source.path))
        }
      }
    }
  }
  return { templates, assets }
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T
}
