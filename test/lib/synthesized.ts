import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { addEnvironment, createApp } from '../../lib/app.ts';
import { loadEnvironment } from '../../lib/config/load.ts';
import type { Environment } from '../../lib/config/schema.ts';

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
}

// A template is JSON without a schema here; each expectation says the shape that it looks for.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Properties = Readonly<Record<string, any>>;

export interface Stack {
  readonly name: string;
  readonly region: string;
  readonly text: string;
  readonly resources: Readonly<Record<string, Resource>>;
  /** Properties of every resource of a type, by logical id. */
  of(type: string): readonly (readonly [id: string, properties: Properties])[];
}

interface Synthesized {
  readonly recovery: Stack;
  readonly detection: Stack;
  readonly protection: Stack;
  readonly all: readonly Stack[];
}

/** The stacks of an environment as CloudFormation gets them, without the time that bundles and checks take. */
export function synthesized(environment: string | Environment): Synthesized {
  const outdir = mkdtempSync(path.join(tmpdir(), 'lifeboat-synth-'));
  afterAll(() => rmSync(outdir, { recursive: true, force: true }));
  const app = createApp({
    outdir,
    builtinCloudFormationValidation: false,
    context: { 'aws:cdk:bundling-stacks': [] },
  });
  addEnvironment(app, typeof environment === 'string' ? loadEnvironment(environment) : environment);
  const all = app.synth().stacksRecursively.map(({ stackName, environment: { region }, template }): Stack => {
    const { Resources: resources } = template as { Resources: Stack['resources'] };
    return {
      name: stackName,
      region,
      text: JSON.stringify(template),
      resources,
      of: (type) =>
        Object.entries(resources)
          .filter(([, resource]) => resource.Type === type)
          .map(([id, resource]) => [id, resource.Properties] as const),
    };
  });
  const part = (name: string): Stack => {
    const found = all.find((stack) => stack.name.endsWith(`-${name}`));
    if (!found) throw new Error(`no stack ${name}`);
    return found;
  };
  return { recovery: part('recovery'), detection: part('detection'), protection: part('protection'), all };
}
