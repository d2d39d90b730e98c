import { AwsError } from '../contract.ts';

/** One entry in the array of a pattern's field. */
export type Condition =
  { readonly kind: 'absent' } | { readonly kind: 'value'; readonly test: (value: unknown) => boolean };

/**
 * Read an exact value or a comparison: `prefix`, `suffix`, `equals-ignore-case`, `wildcard`, `anything-but`,
 * `exists`, `numeric`.
 *
 * @throws AwsError `InvalidEventPatternException`; `cidr` is not modelled
 */
export function readCondition(condition: unknown, path: string): Condition {
  if (Array.isArray(condition)) throw invalid(`${path}: Array within an array is not allowed`);
  if (typeof condition !== 'object' || condition === null) return value((found) => found === condition);
  const [[name, argument] = ['', undefined], ...more] = Object.entries(condition);
  if (more.length > 0) throw invalid(`${path}: Only one key allowed in match expression`);
  switch (name) {
    case 'exists':
      if (typeof argument !== 'boolean')
        throw invalid(`${path}: exists match pattern must be either true or false`);
      return argument ? value(() => true) : { kind: 'absent' };
    case 'numeric':
      return value(numeric(argument, path));
    case 'anything-but':
      return value(anythingBut(argument, path));
    default:
      return value(textual(name, argument, path));
  }
}

function value(test: (found: unknown) => boolean): Condition {
  return { kind: 'value', test };
}

function textual(name: string, argument: unknown, path: string): (found: unknown) => boolean {
  if ((name === 'prefix' || name === 'suffix') && typeof argument === 'object' && argument !== null) {
    const [[inner, text] = ['', undefined]] = Object.entries(argument);
    if (inner !== 'equals-ignore-case' || typeof text !== 'string') {
      throw invalid(`${path}: ${name} match pattern must be a string or equals-ignore-case`);
    }
    const wanted = text.toLowerCase();
    return strings((found) =>
      name === 'prefix' ? found.toLowerCase().startsWith(wanted) : found.toLowerCase().endsWith(wanted),
    );
  }
  if (!['prefix', 'suffix', 'equals-ignore-case', 'wildcard'].includes(name)) {
    throw invalid(`${path}: Unrecognized match type ${name}`);
  }
  if (typeof argument !== 'string') throw invalid(`${path}: ${name} match pattern must be a string`);
  switch (name) {
    case 'prefix':
      return strings((found) => found.startsWith(argument));
    case 'suffix':
      return strings((found) => found.endsWith(argument));
    case 'equals-ignore-case':
      return strings((found) => found.toLowerCase() === argument.toLowerCase());
    default: {
      const expression = wildcard(argument, path);
      return strings((found) => expression.test(found));
    }
  }
}

/** The field must be there, and hold something else. */
function anythingBut(argument: unknown, path: string): (found: unknown) => boolean {
  if (typeof argument === 'object' && argument !== null && !Array.isArray(argument)) {
    const [[name, texts] = ['', undefined], ...more] = Object.entries(argument);
    const list: readonly unknown[] = Array.isArray(texts) ? texts : [texts];
    if (more.length > 0 || list.length === 0) throw invalid(`${path}: Only one key allowed in anything-but`);
    const tests = list.map((text) => textual(name, text, path));
    return (found) => !tests.some((test) => test(found));
  }
  const values: readonly unknown[] = Array.isArray(argument) ? argument : [argument];
  const plain = values.every((one) => typeof one === 'string' || typeof one === 'number');
  if (!plain || values.length === 0)
    throw invalid(`${path}: Inside anything-but list, either all values are number or string`);
  return (found) => !values.some((one: unknown) => one === found);
}

const comparisons: Readonly<Record<string, (found: number, bound: number) => boolean>> = {
  '=': (found, bound) => found === bound,
  '<': (found, bound) => found < bound,
  '<=': (found, bound) => found <= bound,
  '>': (found, bound) => found > bound,
  '>=': (found, bound) => found >= bound,
};

function numeric(argument: unknown, path: string): (found: unknown) => boolean {
  const list: readonly unknown[] = Array.isArray(argument) ? argument : [];
  if (list.length !== 2 && list.length !== 4)
    throw invalid(`${path}: Numeric match must be a comparison or a range`);
  const tests = [0, 2].slice(0, list.length / 2).map((at) => {
    const compare = comparisons[String(list[at])];
    const bound = list[at + 1];
    if (!compare || typeof bound !== 'number') throw invalid(`${path}: Unrecognized numeric range operator`);
    return (found: number) => compare(found, bound);
  });
  return (found) => typeof found === 'number' && tests.every((test) => test(found));
}

function strings(test: (found: string) => boolean): (found: unknown) => boolean {
  return (found) => typeof found === 'string' && test(found);
}

/** `*` is any run of characters; `\*` and `\\` are themselves. */
function wildcard(pattern: string, path: string): RegExp {
  if (/(^|[^\\])(\\\\)*\*\*/.test(pattern)) throw invalid(`${path}: Consecutive wildcard characters`);
  const source = pattern.replaceAll(/\\[*\\]|\\|\*|[.+?^${}()|[\]/]/g, (found) => {
    if (found === '*') return '.*';
    if (found === '\\') throw invalid(`${path}: Invalid escape character`);
    return found.startsWith('\\') ? found : `\\${found}`;
  });
  return new RegExp(`^${source}$`, 's');
}

function invalid(reason: string): AwsError {
  return new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`);
}
