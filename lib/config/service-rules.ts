import { compile } from 'json-p3';
import * as z from 'zod';
import { nameOf, type Rule, rule, unique } from './rule.ts';

/** What must hold between the members of an environment because of its tests, its configuration and its workloads. */

const text = z.string();

const tests = z.object({ tests: z.array(z.unknown()) });
const oneTest = z.object({
  request: z.object({ headers: z.record(text, text) }).partial(),
  expect: z.object({ headers: z.record(text, text), json: z.array(z.object({ path: text })) }).partial(),
});
const deployments = z.object({
  sites: z.object({ standby: z.object({ deployments: z.array(z.object({ name: text })) }) }),
});
const ordered = z.object({
  sites: z.object({
    standby: z.object({ deployments: z.array(z.object({ name: text, after: z.array(text) })) }),
  }),
});
const restarted = deployments.extend({ configuration: z.object({ restart: z.array(text) }) });
const buckets = z.object({ configuration: z.object({ buckets: z.array(z.unknown()) }) });
const oneBucket = z.object({ primary: text, standby: text.optional(), prefixes: z.array(text) });
const proven = buckets.extend({ tests: z.array(z.object({ proves: text })) });
const loaded = z.object({ load: z.object({}), tests: z.array(z.unknown()) });
const groups = z.object({
  sites: z.object({ primary: z.object({ nodeGroups: z.array(z.unknown()) }) }),
});

/** A token (RFC 9110, "Field Names"); what Node sets by itself is not for a test to say. */
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const ownHeaders: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
]);

export const ofService: readonly Rule[] = [
  rule(tests, ({ tests: all }, complain) => {
    unique(all.map(nameOf), ['tests'], complain);
    all.forEach((each, index) => {
      const { request, expect } = oneTest.safeParse(each).data ?? {};
      for (const name of Object.keys(request?.headers ?? {})) {
        if (!headerName.test(name) || ownHeaders.has(name.toLowerCase())) {
          complain(
            ['tests', index, 'request', 'headers', name],
            `the name of a header, but none of ${[...ownHeaders].join(', ')}`,
          );
        }
      }
      expect?.json?.forEach(({ path }, place) => {
        if (!isJsonPath(path)) {
          complain(
            ['tests', index, 'expect', 'json', place, 'path'],
            'a JSONPath (RFC 9535) such as $.status or $.nodes[0].name',
          );
        }
      });
    });
  }),
  rule(loaded, ({ tests: all }, complain) => {
    if (all.length === 0)
      complain(['load'], 'only with tests: a load is put on a service that they have found well');
  }),
  rule(ordered, ({ sites }, complain) => {
    const all = sites.standby.deployments;
    const names = new Set(all.map(({ name }) => name));
    all.forEach(({ name, after }, index) => {
      after.forEach((other, place) => {
        if (names.has(other) && other !== name) return;
        complain(
          ['sites', 'standby', 'deployments', index, 'after', place],
          `one of the other deployments of the standby`,
        );
      });
    });
    const circle = waiting(
      all.map((each) => ({
        ...each,
        after: each.after.filter((other) => names.has(other) && other !== each.name),
      })),
    );
    if (circle.length > 0) {
      const index = all.findIndex(({ name }) => name === circle[0]);
      complain(
        ['sites', 'standby', 'deployments', index, 'after'],
        `no circle: ${circle.join(', ')} wait for each other`,
      );
    }
  }),
  rule(restarted, ({ configuration, sites }, complain) => {
    const names = sites.standby.deployments.map(({ name }) => name);
    configuration.restart.forEach((name, index) => {
      if (!names.includes(name)) {
        complain(
          ['configuration', 'restart', index],
          `one of the deployments of the standby: ${names.join(', ')}`,
        );
      }
    });
  }),
  rule(buckets, ({ configuration }, complain) => {
    const at = ['configuration', 'buckets'] as const;
    unique(configuration.buckets.map(nameOf), at, complain);
    const seen = new Set<string>();
    configuration.buckets.forEach((each, index) => {
      const { primary, standby, prefixes } = oneBucket.safeParse(each).data ?? { prefixes: [] };
      for (const [site, bucket] of Object.entries({ primary, standby })) {
        if (bucket === undefined) continue;
        if (seen.has(bucket))
          complain([...at, index, site], `each bucket only once (${bucket} is listed before)`);
        seen.add(bucket);
      }
      prefixes.forEach((prefix, place) => {
        const other = prefixes.find(
          (one, before) => before !== place && prefix.startsWith(one) && (one !== prefix || before < place),
        );
        if (other !== undefined) {
          complain([...at, index, 'prefixes', place], `one that does not begin with another (${other})`);
        }
      });
    });
  }),
  rule(proven, ({ configuration, tests: all }, complain) => {
    if (configuration.buckets.length === 0 || all.some(({ proves }) => proves === 'configuration')) return;
    complain(
      ['configuration', 'buckets'],
      'only with a test that has proves: configuration: without one nobody notices that they are wrong, and nothing ' +
        'is known of when they were right',
    );
  }),
  rule(groups, ({ sites }, complain) => {
    unique(sites.primary.nodeGroups.map(nameOf), ['sites', 'primary', 'nodeGroups'], complain);
  }),
];

function isJsonPath(path: string): boolean {
  try {
    compile(path);
    return true;
  } catch {
    return false;
  }
}

/** Those that never come to their turn. */
function waiting(
  all: readonly { readonly name: string; readonly after: readonly string[] }[],
): readonly string[] {
  let left = [...all];
  for (;;) {
    const names = new Set(left.map(({ name }) => name));
    const next = left.filter(({ after }) => after.some((other) => names.has(other)));
    if (next.length === left.length) return left.map(({ name }) => name);
    left = next;
  }
}
