import type { Identity } from '../cloud/contract.ts';
import type { Template } from './read.ts';

export interface Surroundings {
  readonly template: Template;
  readonly stack: string;
  readonly account: string;
  readonly region: string;
  /** Creates the resource if need be: a reference is a dependency. */
  identity(logicalId: string): Identity;
}

/** Marks `Ref: AWS::NoValue`; a property with this value is left out. */
const noValue = Symbol('AWS::NoValue');

/**
 * Replace every intrinsic function in a value of a template by what CloudFormation would put there.
 *
 * @throws Error for a function that is not known here, and for imports from other stacks: a stack that reads
 * another region when it is deployed cannot be deployed while that region is dark
 */
export function resolve(value: unknown, around: Surroundings): unknown {
  const resolved = walk(value, around);
  return resolved === noValue ? undefined : resolved;
}

function walk(value: unknown, around: Surroundings): unknown {
  if (Array.isArray(value)) return value.map((item) => walk(item, around)).filter((item) => item !== noValue);
  if (!isRecord(value)) return value;
  const [key, ...others] = Object.keys(value);
  if (key !== undefined && others.length === 0 && (key === 'Ref' || key.startsWith('Fn::'))) {
    return intrinsic(key, value[key], around);
  }
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, item]) => [name, walk(item, around)] as const)
      .filter(([, item]) => item !== noValue),
  );
}

function intrinsic(name: string, argument: unknown, around: Surroundings): unknown {
  switch (name) {
    case 'Ref':
      return reference(String(argument), around);
    case 'Fn::GetAtt': {
      const [id, attribute] = Array.isArray(argument)
        ? argument.map(String)
        : String(argument).split(/\.(.*)/s);
      return attributeOf(id ?? '', attribute ?? '', around);
    }
    case 'Fn::Join': {
      const [separator, parts] = list(argument, around);
      return (parts as readonly unknown[]).map(String).join(String(separator));
    }
    case 'Fn::Select': {
      const [index, items] = list(argument, around);
      return (items as readonly unknown[])[Number(index)];
    }
    case 'Fn::Split': {
      const [separator, text] = list(argument, around);
      return String(text).split(String(separator));
    }
    case 'Fn::Sub':
      return substitute(argument, around);
    case 'Fn::If': {
      const [condition, yes, no] = argument as readonly [string, unknown, unknown];
      return walk(conditionHolds(condition, around) ? yes : no, around);
    }
    case 'Fn::FindInMap': {
      const [map, first, second] = list(argument, around).map(String);
      return around.template.Mappings?.[map ?? '']?.[first ?? '']?.[second ?? ''];
    }
    default:
      throw new Error(`stack ${around.stack}: ${name} is not known to the local deployment`);
  }
}

function substitute(argument: unknown, around: Surroundings): string {
  const [text, variables] = Array.isArray(argument)
    ? (argument as [string, Record<string, unknown>])
    : [String(argument), {}];
  return text.replaceAll(/\$\{(!?)([^}]+)\}/g, (whole, literal: string, name: string) => {
    if (literal) return `\${${name}}`;
    if (name in variables) return String(walk(variables[name], around));
    const [id, attribute] = name.split(/\.(.*)/s);
    if (id === undefined) return whole;
    return String(attribute ? attributeOf(id, attribute, around) : reference(name, around));
  });
}

function reference(name: string, around: Surroundings): unknown {
  switch (name) {
    case 'AWS::AccountId':
      return around.account;
    case 'AWS::Region':
      return around.region;
    case 'AWS::Partition':
      return 'aws';
    case 'AWS::URLSuffix':
      return 'amazonaws.com';
    case 'AWS::StackName':
      return around.stack;
    case 'AWS::StackId':
      return `arn:aws:cloudformation:${around.region}:${around.account}:stack/${around.stack}/local`;
    case 'AWS::NoValue':
      return noValue;
    default: {
      const parameter = around.template.Parameters?.[name];
      return parameter ? parameter.Default : around.identity(name).ref;
    }
  }
}

function attributeOf(id: string, attribute: string, around: Surroundings): unknown {
  const value = around.identity(id).attributes?.[attribute];
  if (value === undefined) {
    throw new Error(
      `stack ${around.stack}: ${id} (${typeOf(id, around)}) has no attribute ${attribute} here`,
    );
  }
  return value;
}

function typeOf(id: string, around: Surroundings): string {
  return around.template.Resources?.[id]?.Type ?? 'no such resource';
}

/** Whether a condition of the template holds. */
export function conditionHolds(name: string, around: Surroundings): boolean {
  const condition = around.template.Conditions?.[name];
  if (condition === undefined) throw new Error(`stack ${around.stack}: no condition ${name}`);
  return holds(condition, around);
}

function holds(condition: unknown, around: Surroundings): boolean {
  if (!isRecord(condition)) throw new Error(`stack ${around.stack}: not a condition`);
  const [[name, argument]] = Object.entries(condition) as [[string, unknown]];
  const parts = argument as readonly unknown[];
  switch (name) {
    case 'Fn::Equals':
      return String(walk(parts[0], around)) === String(walk(parts[1], around));
    case 'Fn::Or':
      return parts.some((part) => holds(part, around));
    case 'Fn::And':
      return parts.every((part) => holds(part, around));
    case 'Fn::Not':
      return !holds(parts[0], around);
    case 'Condition':
      return conditionHolds(String(argument), around);
    default:
      throw new Error(`stack ${around.stack}: ${name} is not a condition function`);
  }
}

function list(argument: unknown, around: Surroundings): readonly unknown[] {
  const resolved = walk(argument, around);
  if (!Array.isArray(resolved)) throw new Error(`stack ${around.stack}: a list was expected`);
  return resolved;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
