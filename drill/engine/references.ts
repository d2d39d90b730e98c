import { compile } from './expressions.ts';
import { isObject } from './json.ts';

/** What an expression refers to outside itself. */
interface References {
  /** Names after `$`: variables and functions, without those that the expression binds itself. */
  readonly names: ReadonlySet<string>;
  /** The steps after each `$states`: `['input', 'scenario']`, or none where it stands alone. */
  readonly states: readonly (readonly string[])[];
  /** What Step Functions refuses in any expression. */
  readonly refusals: readonly string[];
}

/**
 * Read an expression's references off its syntax tree.
 *
 * A name that is bound anywhere in the expression counts as bound everywhere in it.
 *
 * @throws Error as jsonata does, when the expression does not parse
 */
export function referencesOf(source: string): References {
  const tree: unknown = compile(source).ast();
  const found = { names: new Set<string>(), bound: new Set<string>(), states: [] as string[][] };
  const refusals: string[] = [];
  walk(tree, found, refusals);
  unanchored(tree, refusals);
  for (const name of [...found.bound, 'states', '', '$']) found.names.delete(name);
  return { names: found.names, states: found.states, refusals };
}

interface Found {
  readonly names: Set<string>;
  readonly bound: Set<string>;
  readonly states: string[][];
}

function walk(node: unknown, found: Found, refusals: string[]): void {
  if (Array.isArray(node)) {
    for (const item of node) walk(item, found, refusals);
    return;
  }
  if (!isObject(node)) return;
  const { type, value, steps } = node;
  if (type === 'variable' && typeof value === 'string') {
    found.names.add(value);
    if (value === 'states') found.states.push([]);
  }
  if (type === 'bind') bind([node['lhs']], found);
  if (type === 'lambda') bind(node['arguments'], found);
  for (const local of [node['focus'], node['index']]) if (typeof local === 'string') found.bound.add(local);
  if (type === 'condition' && lastPosition(node['then']) < Number(node['position'])) {
    refusals.push('uses ?? or ?:, which JSONata 2.0.6 of Step Functions does not have');
  }
  const [first, ...rest] = Array.isArray(steps) ? (steps as unknown[]) : [];
  if (isObject(first) && first['type'] === 'variable' && first['value'] === 'states') {
    found.states.push(namesOf(rest));
    walk([first['predicate'], first['stages'], ...rest, node['group']], found, refusals);
    return;
  }
  for (const [key, child] of Object.entries(node)) if (key !== 'position') walk(child, found, refusals);
}

function bind(targets: unknown, found: Found): void {
  for (const target of Array.isArray(targets) ? (targets as unknown[]) : []) {
    if (isObject(target) && typeof target['value'] === 'string') found.bound.add(target['value']);
  }
}

function namesOf(steps: readonly unknown[]): string[] {
  const names: string[] = [];
  for (const step of steps) {
    if (!isObject(step) || step['type'] !== 'name' || typeof step['value'] !== 'string') break;
    names.push(step['value']);
    if (step['predicate'] !== undefined || step['stages'] !== undefined) break;
  }
  return names;
}

/** Where a part of the source ends; a `then` that lies before its operator is not a ternary's. */
function lastPosition(node: unknown): number {
  if (Array.isArray(node)) return Math.max(-1, ...node.map(lastPosition));
  if (!isObject(node)) return -1;
  const own = typeof node['position'] === 'number' ? node['position'] : -1;
  return Math.max(own, ...Object.values(node).map(lastPosition));
}

/**
 * Find `$`, `$$` and bare field names where they would stand for the whole input: Step Functions gives
 * expressions no input but `$states`.
 */
function unanchored(node: unknown, refusals: string[]): void {
  if (Array.isArray(node)) {
    for (const item of node) unanchored(item, refusals);
    return;
  }
  if (!isObject(node)) return;
  const { type, value, steps } = node;
  if (type === 'path') {
    unanchored((steps as unknown[])[0], refusals);
  } else if (type === 'variable' && (value === '' || value === '$')) {
    refusals.push(`uses $${value} at the top; the state's input is $states.input`);
  } else if (type === 'name' || type === 'wildcard' || type === 'descendant') {
    refusals.push(`reads ${String(value)} of nothing; the state's input is $states.input`);
  } else if (type !== 'lambda') {
    const inner = ['lhs', 'rhs', 'expression', 'expressions', 'arguments', 'condition', 'then', 'else'];
    for (const key of inner) unanchored(node[key], refusals);
  }
}
