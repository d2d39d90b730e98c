import type { Stack } from './synthesized.ts';

/** Roots of a value with intrinsics, as the id of the resource that it refers to. */
export const refersTo = (value: unknown): string =>
  /"(?:Ref|Fn::GetAtt)":\s*\[?"([^"]+)"/.exec(JSON.stringify(value))?.[1] ?? '';

export interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** What the roles of a stack may do. */
export function statements(stack: Stack): readonly Statement[] {
  return stack
    .of('AWS::IAM::Policy')
    .flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement as Statement[]);
}

export const list = <T>(value: T | readonly T[]): readonly T[] =>
  Array.isArray(value) ? value : [value as T];
