import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { loadEnvironment } from '../lib/config/load.ts';
import { withAssembly } from '../drill/run.ts';
import { table } from './table.ts';

const limit = 600 * 1024;

interface Bundle {
  readonly task: string;
  readonly bytes: number;
}

/** Size of the code of every function, as the assembly holds it. */
export async function measureBundles(): Promise<string> {
  const environment = loadEnvironment('dev');
  const bundles = await withAssembly(environment, (stacks) =>
    Promise.resolve(
      stacks.flatMap(({ template, assets }): Bundle[] =>
        Object.values(template.Resources ?? {}).flatMap(({ Type: type, Properties: properties }) => {
          if (type !== 'AWS::Lambda::Function') return [];
          const { FunctionName: name, Code: code } = properties as {
            readonly FunctionName: string;
            readonly Code: { readonly S3Key: string };
          };
          const file = path.join(assets[code.S3Key] ?? '', 'index.mjs');
          if (!existsSync(file)) throw new Error(`${name}: its assembly has no ${file}`);
          return [{ task: name.replace(`lifeboat-${environment.name}-`, ''), bytes: statSync(file).size }];
        }),
      ),
    ),
  );
  const largest = Math.max(...bundles.map(({ bytes }) => bytes));
  return [
    '## Size of the bundles',
    '',
    table(
      [...bundles].sort((a, b) => a.task.localeCompare(b.task)),
      [
        { title: 'function', of: ({ task }) => task },
        { title: 'KB', of: ({ bytes }) => Math.round(bytes / 1024) },
        { title: 'of the limit', of: ({ bytes }) => `${Math.round((100 * bytes) / limit)} %` },
      ],
    ),
    '',
    `Largest: ${Math.round(largest / 1024)} KB; the limit is ${limit / 1024} KB, and synthesis fails above it.`,
  ].join('\n');
}
