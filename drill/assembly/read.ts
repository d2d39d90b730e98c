import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A CloudFormation template, as far as it is read here. */
export interface Template {
  readonly Parameters?: Readonly<Record<string, { readonly Type: string; readonly Default?: string }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly Resources?: Readonly<Record<string, TemplateResource>>;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Condition?: string;
  readonly DependsOn?: string | readonly string[];
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

/** One stack of an assembly. */
export interface AssembledStack {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly template: Template;
  /** Directory of each file asset, by the object key under which CloudFormation would find it. */
  readonly assets: Readonly<Record<string, string>>;
}

interface Manifest {
  readonly artifacts: Readonly<Record<string, Artifact>>;
}

interface Artifact {
  readonly type: string;
  readonly environment?: string;
  readonly dependencies?: readonly string[];
  readonly properties?: {
    readonly templateFile?: string;
    readonly directoryName?: string;
    readonly stackName?: string;
    readonly file?: string;
  };
}

interface AssetManifest {
  readonly files?: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path?: string };
        readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>;
      }
    >
  >;
}

/**
 * Read the stacks of a cloud assembly, nested stages included, in the order in which they must be deployed.
 *
 * @throws Error when a stack has no literal account and region: what is drilled must be what is deployed
 */
export function readAssembly(directory: string): readonly AssembledStack[] {
  const { artifacts } = readJson<Manifest>(path.join(directory, 'manifest.json'));
  const stacks: AssembledStack[] = [];
  const seen = new Set<string>();
  const visit = (id: string): void => {
    const artifact = artifacts[id];
    if (!artifact || seen.has(id)) return;
    seen.add(id);
    for (const dependency of artifact.dependencies ?? []) visit(dependency);
    if (artifact.type === 'cdk:cloud-assembly' && artifact.properties?.directoryName) {
      stacks.push(...readAssembly(path.join(directory, artifact.properties.directoryName)));
    }
    if (artifact.type === 'aws:cloudformation:stack')
      stacks.push(readStack(directory, id, artifact, artifacts));
  };
  for (const id of Object.keys(artifacts)) visit(id);
  return stacks;
}

function readStack(
  directory: string,
  id: string,
  artifact: Artifact,
  artifacts: Readonly<Record<string, Artifact>>,
): AssembledStack {
  const place = /^aws:\/\/(\d{12})\/([a-z0-9-]+)$/.exec(artifact.environment ?? '');
  if (!place?.[1] || !place[2] || place[2].startsWith('unknown')) {
    throw new Error(
      `stack ${id}: its account and region are not literal (${artifact.environment ?? 'none'})`,
    );
  }
  const assets: Record<string, string> = {};
  for (const dependency of artifact.dependencies ?? []) {
    const manifest = artifacts[dependency];
    if (manifest?.type !== 'cdk:asset-manifest' || !manifest.properties?.file) continue;
    const { files } = readJson<AssetManifest>(path.join(directory, manifest.properties.file));
    for (const asset of Object.values(files ?? {})) {
      for (const { objectKey } of Object.values(asset.destinations)) {
        if (asset.source.path) assets[objectKey] = path.resolve(directory, asset.source.path);
      }
    }
  }
  return {
    name: artifact.properties?.stackName ?? id,
    account: place[1],
    region: place[2],
    template: readJson<Template>(path.join(directory, artifact.properties?.templateFile ?? '')),
    assets,
  };
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}
