/** Tests, configuration and workloads of an environment, one wrong at a time, and what is said about each. */

const proving = { name: 'check', proves: 'configuration', request: { path: '/check' } };
const bucket = { name: 'config', primary: 'one-bucket', prefixes: ['erlmcp/'] };
const group = { name: 'workers', min: 1, desired: 1, max: 1 };

/** What is wrong, where it is told, and what is said to be allowed. */
export const serviceRefusals: readonly (readonly [
  what: string,
  path: string,
  value: unknown,
  at: string,
  allowed: string,
])[] = [
  [
    'two tests of one name',
    'tests',
    [proving, proving],
    'tests[1]',
    'each only once (check is listed before)',
  ],
  [
    'a JSONPath that does not parse',
    'tests',
    [{ ...proving, expect: { json: [{ path: '$.[' }] } }],
    'tests[0].expect.json[0].path',
    'a JSONPath (RFC 9535)',
  ],
  [
    'a header that the request has by itself',
    'tests',
    [{ ...proving, request: { path: '/', headers: { Host: 'x' } } }],
    'tests[0].request.headers.Host',
    'the name of a header, but none of host',
  ],
  [
    'buckets that no test proves',
    'tests',
    [{ name: 'home', request: { path: '/' } }],
    'configuration.buckets',
    'only with a test that has proves: configuration',
  ],
  [
    'a bucket that is its own replica',
    'configuration.buckets',
    [{ ...bucket, standby: 'one-bucket' }],
    'configuration.buckets[0].standby',
    'each bucket only once',
  ],
  [
    'prefixes that overlap',
    'configuration.buckets',
    [{ ...bucket, prefixes: ['erlmcp/', 'erlmcp/routes/'] }],
    'configuration.buckets[0].prefixes[1]',
    'one that does not begin with another (erlmcp/)',
  ],
  [
    'a word for a bucket that is too long for the name of an execution',
    'configuration.buckets',
    [{ ...bucket, name: 'a-name-that-is-far-too-long' }],
    'configuration.buckets[0].name',
    'at most 20',
  ],
  [
    'a restart of what is not there',
    'configuration.restart',
    ['nginx'],
    'configuration.restart[0]',
    'one of the deployments of the standby: erlmcp',
  ],
  [
    'a deployment that waits for itself',
    'sites.standby.deployments',
    [{ name: 'erlmcp', replicas: 1, after: ['erlmcp'] }],
    'sites.standby.deployments[0].after[0]',
    'one of the other deployments',
  ],
  [
    'two node groups of one name',
    'sites.primary.nodeGroups',
    [group, group],
    'sites.primary.nodeGroups[1]',
    'each only once',
  ],
];
