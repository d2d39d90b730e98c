import { isDeepStrictEqual } from 'node:util';
import { query } from 'json-p3';
import type { SmokeTest } from '../run-tests/contract.ts';

/** What came back, as far as a test looks at it. */
export interface TestAnswer {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The first 64 KiB, as text. */
  readonly body: string;
  readonly tookMs: number;
}

/** Of a value that is not what was expected, so much is quoted: a body may hold what is no operator's business. */
const quoted = 80;

/** What of an answer is not as the test expects; empty when all of it is. Pure. */
export function faultsOf({ expect }: SmokeTest, answer: TestAnswer): readonly string[] {
  const { status, headers, body, tookMs } = answer;
  return [
    ...(status === expect.status ? [] : [`status ${status}, expected ${expect.status}`]),
    ...(tookMs <= expect.withinMs ? [] : [`took ${tookMs} ms, allowed ${expect.withinMs} ms`]),
    ...Object.entries(expect.headers)
      .map(([name, text]) => [name.toLowerCase(), text] as const)
      .filter(([name, text]) => headerOf(headers, name)?.includes(text) !== true)
      .map(([name, text]) =>
        headerOf(headers, name) === undefined
          ? `no header ${name}`
          : `header ${name} does not contain ${JSON.stringify(text)}`,
      ),
    ...jsonFaults(expect.json, body),
    ...(expect.contains === undefined || body.includes(expect.contains)
      ? []
      : [`the body does not contain ${JSON.stringify(expect.contains)}`]),
  ];
}

/** A header may be called `constructor`, which every object has. */
function headerOf(headers: TestAnswer['headers'], name: string): string | undefined {
  return Object.hasOwn(headers, name) ? headers[name] : undefined;
}

function jsonFaults(expected: SmokeTest['expect']['json'], body: string): readonly string[] {
  if (expected.length === 0) return [];
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return ['the body is no JSON'];
  }
  return expected.flatMap(({ path, equals }) => {
    const [found] = valuesAt(path, value);
    if (found === undefined) return [`nothing at ${path}`];
    if (equals === undefined || isDeepStrictEqual(found, equals)) return [];
    return [`${path} is ${shown(found)}, expected ${JSON.stringify(equals)}`];
  });
}

/** @throws nothing: a path that does not parse finds nothing, and was refused when the environment was loaded */
function valuesAt(path: string, value: unknown): readonly unknown[] {
  try {
    return query(path, value as Parameters<typeof query>[1]).values();
  } catch {
    return [];
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > quoted ? `${text.slice(0, quoted)}…` : text;
}
