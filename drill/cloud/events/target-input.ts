import * as z from 'zod';
import { AwsError, type AwsEvent } from '../contract.ts';

export const inputProperties = {
  Input: z.string().optional(),
  InputPath: z.string().optional(),
  InputTransformer: z
    .strictObject({ InputPathsMap: z.record(z.string(), z.string()).default({}), InputTemplate: z.string() })
    .optional(),
};

export interface InputSettings {
  readonly Input?: string | undefined;
  readonly InputPath?: string | undefined;
  readonly InputTransformer?:
    { readonly InputPathsMap: Readonly<Record<string, string>>; readonly InputTemplate: string } | undefined;
}

interface RuleName {
  readonly arn: string;
  readonly name: string;
}

/** What a target gets for an event, as text. */
export type TargetInput = (event: AwsEvent, now: number) => string;

/**
 * Read how a target's input is made: the event, a part of it, a constant, or a template.
 *
 * @throws AwsError `ValidationException` when more than one is given or a path or placeholder is not understood
 */
export function readTargetInput(settings: InputSettings, rule: RuleName): TargetInput {
  const { Input, InputPath, InputTransformer } = settings;
  if ([Input, InputPath, InputTransformer].filter((given) => given !== undefined).length > 1) {
    throw invalid('Only one of Input, InputPath, or InputTransformer must be provided');
  }
  if (Input !== undefined) {
    requireJson(Input);
    return () => Input;
  }
  if (InputPath !== undefined) {
    const at = readPath(InputPath);
    return (event) => JSON.stringify(at(event) ?? null);
  }
  if (InputTransformer) return transformer(InputTransformer, rule);
  return (event) => JSON.stringify(event);
}

function transformer(
  { InputPathsMap, InputTemplate }: NonNullable<InputSettings['InputTransformer']>,
  rule: RuleName,
): TargetInput {
  const paths = new Map(Object.entries(InputPathsMap).map(([name, path]) => [name, readPath(path)]));
  const placeholders = [...InputTemplate.matchAll(/<([^<>\s]+)>/g)].map(([, name = '']) => name);
  const unknown = placeholders.find((name) => !paths.has(name) && !name.startsWith('aws.events.'));
  if (unknown !== undefined) throw invalid(`InputTemplate: ${unknown} is not in InputPathsMap`);
  return (event, now) => {
    const valueOf = (name: string): unknown => {
      switch (name) {
        case 'aws.events.rule-arn':
          return rule.arn;
        case 'aws.events.rule-name':
          return rule.name;
        case 'aws.events.event.ingestion-time':
          return new Date(now).toISOString();
        case 'aws.events.event':
        case 'aws.events.event.json':
          return event;
        default:
          return paths.get(name)?.(event);
      }
    };
    return fill(InputTemplate, valueOf);
  };
}

/** Outside a JSON string a value is JSON; inside one it is its text. A value that is not there leaves nothing. */
function fill(template: string, valueOf: (name: string) => unknown): string {
  let quoted = false;
  return template.replaceAll(/\\.|"|<([^<>\s]+)>/gs, (found, name: string | undefined) => {
    if (found === '"') quoted = !quoted;
    if (name === undefined) return found;
    const value = valueOf(name);
    if (value === undefined) return '';
    if (!quoted) return JSON.stringify(value);
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return JSON.stringify(text).slice(1, -1);
  });
}

/**
 * Read `$.detail.state.value`, `$.resources[0]`, `$['detail-type']`.
 *
 * @throws AwsError `ValidationException`
 */
function readPath(path: string): (event: unknown) => unknown {
  const steps = /^\$((?:\.[^.[\]]+|\[\d+\]|\['[^']+'\])*)$/.exec(path)?.[1];
  if (steps === undefined) throw invalid(`Invalid JSONPath ${path}`);
  const keys = [...steps.matchAll(/\.([^.[\]]+)|\[(\d+)\]|\['([^']+)'\]/g)].map(
    ([, a, b, c]) => a ?? b ?? c ?? '',
  );
  return (event) =>
    keys.reduce<unknown>(
      (inside, key) =>
        typeof inside === 'object' && inside !== null ? (inside as Record<string, unknown>)[key] : undefined,
      event,
    );
}

function requireJson(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    throw invalid('Input is not valid JSON');
  }
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
